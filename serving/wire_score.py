"""One score on the wire, with the unit and the zone of every field."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from features.segments import CYCLE_STATUSES, SEGMENTS
from training.score_schema import ChurnBand, ScoreStatus

__all__ = ["SEGMENT_NAMES", "Answer", "CustomerId", "Reason", "Score", "shown", "speakable"]

SEGMENT_NAMES = tuple(label.name for label in SEGMENTS)
CYCLE_STATUS_NAMES = tuple(label.name for label in CYCLE_STATUSES)


def speakable(text: str) -> str:
    """Return ``text``; raises ``ValueError`` for a NUL, which no id and no value of a table holds."""
    if "\0" in text:
        raise ValueError("no NUL character is ever meant")
    return text


CustomerId = Annotated[
    str,
    Field(
        min_length=1, description="The business's own id, kept character by character.", examples=["00123"]
    ),
    AfterValidator(speakable),
]


class Answer(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class Reason(Answer):
    """One reason behind a churn probability."""

    code: str = Field(
        description="A stable name of the reason, for machines.", examples=["late_for_own_rhythm"]
    )
    feature: str = Field(description="The feature that it is about.", examples=["days_since_last_order"])
    value: float | None = Field(
        description="The feature's value for this customer, in the feature's own unit.", examples=[91.0]
    )
    contribution: float | None = Field(
        description="How much it moves the churn probability, in log-odds; positive raises the risk.",
        examples=[0.83],
    )
    text: str = Field(
        description="The reason in words, in the language asked for.",
        examples=["Last order 91 days ago; usually every 30 days."],
    )


class Score(Answer):
    """All that Joren says of one customer. A number is null only where no model can give one."""

    customer_id: CustomerId
    as_of: date = Field(
        description="The last local day, in the business's zone, of the history behind the score.",
        examples=["2026-03-31"],
    )
    horizon_days: int = Field(
        description="The local days that the probability and the expectations are about: as_of + 1 to "
        "as_of + horizon_days, both included.",
        examples=[91],
    )
    score_status: ScoreStatus = Field(
        description="Whether the numbers may be acted on. `eligible`: yes; lists show these unless asked "
        "otherwise. `already_churned`: to be won back, not kept. `new_customer`: too new to be at risk. "
        "`insufficient_history`: no model can give a number. `stale_features`: the data ends before "
        "as_of. `out_of_range`: unlike anything that the model was fitted on.",
        examples=["eligible"],
    )
    churn_probability: float | None = Field(
        description="The calibrated probability, 0 to 1, of no purchase within the horizon; "
        "where there is a contract, of its end.",
        examples=[0.71],
    )
    churn_percentile: int | None = Field(
        description="The place among all customers, 1 to 100; 100 is the likeliest to leave.", examples=[88]
    )
    churn_band: ChurnBand | None = Field(
        description="The churn probability in three bands.", examples=["high"]
    )
    p_alive: float | None = Field(
        description="The probability that the customer is still one at as_of, 0 to 1.", examples=[0.64]
    )
    predicted_number_of_orders: float | None = Field(
        description="Expected days with an order within the horizon.", examples=[0.42]
    )
    predicted_revenue: float | None = Field(
        description="Expected revenue within the horizon, net of refunds, in `currency`.", examples=[38.5]
    )
    predicted_clv: float | None = Field(
        description="Expected gross margin over `clv_horizon_days`, discounted to as_of, in `currency`.",
        examples=[112.4],
    )
    predicted_clv_low: float | None = Field(
        description="The lower end of the 80 % predictive interval of predicted_clv.", examples=[0.0]
    )
    predicted_clv_high: float | None = Field(
        description="The upper end of the 80 % predictive interval of predicted_clv.", examples=[305.0]
    )
    clv_horizon_days: int | None = Field(
        description="The days after as_of that predicted_clv covers.", examples=[365]
    )
    margin_assumed: bool | None = Field(
        description="True where neither margins nor a margin rate were given: revenue then counts as margin.",
        examples=[False],
    )
    expected_date_of_next_order: date | None = Field(
        description="The first local day by which an order is as likely as not; null beyond two years.",
        examples=["2026-05-17"],
    )
    historic_clv: float | None = Field(
        description="Gross margin earned so far, in `currency`; never part of a prediction.", examples=[420.0]
    )
    historic_number_of_orders: int | None = Field(description="Days with an order so far.", examples=[6])
    average_days_between_orders: float | None = Field(
        description="Mean days between orders; null with fewer than two.", examples=[34.2]
    )
    average_order_value: float | None = Field(
        description="Mean spend of a day with spend, in `currency`.", examples=[70.0]
    )
    segment: str | None = Field(
        description="One of the ten segments of recency and frequency.",
        examples=["At Risk"],
        json_schema_extra={"enum": [*SEGMENT_NAMES, None]},
    )
    cycle_status: str | None = Field(
        description="Where the customer stands in the cycle of their own orders; null with fewer than two.",
        examples=["slowing"],
        json_schema_extra={"enum": [*CYCLE_STATUS_NAMES, None]},
    )
    value_if_stays: float | None = Field(
        description="Expected margin within the horizon given that the customer is still one, in `currency`.",
        examples=[60.1],
    )
    value_at_risk: float | None = Field(
        description="churn_probability × value_if_stays, in `currency`.", examples=[42.7]
    )
    at_risk_rank: int | None = Field(
        description="The place among eligible customers by value_at_risk, 1 first; null for others.",
        examples=[17],
    )
    reasons: list[Reason] | None = Field(
        description="Why, the strongest first. Stored in English for those with the most value at risk; "
        "null where they would have to be computed and `reasons=true` was not asked for."
    )
    model_version: str = Field(description="The model that gave the score.", examples=["0a1b2c3d4e5f"])
    run_id: str | None = Field(
        description="The run that published the score; null where it was computed for the request.",
        examples=["20260401T033000Z-7f3a"],
    )
    currency: str = Field(description='ISO 4217 code of all money here, "XXX" if unknown.', examples=["JPY"])


def shown(rows: list[dict[str, Any]]) -> list[Score]:
    """Return rows of the store as scores of the wire."""
    return [Score.model_validate(row) for row in rows]
