"""All customers together, on the wire: the segments, and the customers' experience in figures."""

from __future__ import annotations

from datetime import date

from pydantic import ConfigDict, Field

from serving.schemas import PublishedAt, RunId
from serving.wire_score import Answer

__all__ = ["Experience", "SegmentItem", "Segments"]

A_PERIOD = "A calendar month, `YYYY-MM`, of local days in the business's zone."


class SegmentItem(Answer):
    """One of the ten segments of recency and frequency."""

    segment: str = Field(description="Its English name, which filters take.", examples=["At Risk"])
    name_ja: str = Field(description="Its Japanese name.", examples=["離反予備軍"])
    customers: int = Field(description="How many customers stand in it.", examples=[412])
    share: float = Field(description="Their share of all customers, 0 to 1.", examples=[0.17])
    mean_churn_probability: float | None = Field(
        description="The mean of their churn_probability; null where nobody has one.", examples=[0.58]
    )
    value_at_risk: float = Field(
        description="The sum of value_at_risk over those with the status `eligible`, in `currency`.",
        examples=[18_250.0],
    )
    predicted_clv: float = Field(
        description="The sum of predicted_clv over all of them, in `currency`.", examples=[96_400.0]
    )


class Segments(Answer):
    """The ten segments of a run."""

    run_id: RunId
    as_of: date = Field(
        description="The last local day of history, in the business's zone.", examples=["2026-03-31"]
    )
    published_at: PublishedAt
    currency: str = Field(description='ISO 4217 code of all money here, "XXX" if unknown.', examples=["JPY"])
    data: list[SegmentItem]


class Figure(Answer):
    """A figure, the size of the sample that it rests on, and its 95 % interval (null: too few to tell)."""

    value: float = Field(description="The figure.", examples=[0.08])
    n: int = Field(description="The answers or customers that it rests on.", examples=[1250])
    low: float | None = Field(description="The lower end of the interval.", examples=[0.066])
    high: float | None = Field(description="The upper end of the interval.", examples=[0.096])


class Answers(Figure):
    """NPS in points (-100 to 100), CSAT as the percentage of 4 and 5 on 1-5, or CES as the mean on 1-7."""

    asked: int = Field(description="How many were asked; `n` of them answered.", examples=[2000])
    mean: Figure = Field(description="The mean answer.")


class Surveys(Answer):
    """What customers said when they were asked; null where nobody answered such a survey."""

    nps: Answers | None = Field(description="% of 9-10 minus % of 0-6, on 0-10.")
    csat: Answers | None = Field(description="% of 4-5, on 1-5.")
    ces: Answers | None = Field(description="The mean, on 1-7.")


class Rate(Figure):
    """A share, 0 to 1, of the customers at a period's start."""

    period: str = Field(description=A_PERIOD + " Or a span of days.", examples=["2026-03"])
    start: date = Field(description="Its first local day.", examples=["2026-03-01"])
    end: date = Field(description="Its last local day.", examples=["2026-03-31"])
    covered: bool = Field(
        description="Whether the data reach back a whole activity window before it; else too few can have "
        "been lost yet.",
        examples=[True],
    )


class Cohort(Answer):
    """The customers who first bought in one month, and how many of them bought in it and in each after."""

    cohort: str = Field(description=A_PERIOD, examples=["2025-11"])
    customers: int = Field(description="How many they were.", examples=[96])
    buyers: list[int] = Field(description="Those of them who bought, month by month.", examples=[[96, 31]])
    retained: list[float] = Field(description="The same as shares.", examples=[[1.0, 0.32]])


class Hours(Answer):
    """How long it took."""

    median: float = Field(description="The median, in hours.", examples=[3.5])
    p90: float = Field(description="The 90th percentile, in hours.", examples=[27.0])
    n: int = Field(description="The contacts that it rests on.", examples=[310])


class Support(Answer):
    """What became of the contacts with support."""

    tickets: int = Field(description="How many there were.", examples=[340])
    answered: Figure | None = Field(description="The share that was answered; null where it is not told.")
    first_response_hours: Hours | None = Field(description="Until the first answer.")
    resolution_hours: Hours | None = Field(description="Until they were closed.")
    reopened: Figure | None = Field(description="The share that was opened again, where it is told.")


class MonthOfSurveys(Surveys):
    """What customers said in one month."""

    period: str = Field(description=A_PERIOD, examples=["2026-03"])


class SegmentOfExperience(Surveys):
    """One segment: what its customers said, and how many left of those who stood in it a window ago."""

    segment: str = Field(description="Its English name.", examples=["At Risk"])
    customers: int = Field(description="How many stand in it now.", examples=[412])
    churn_rate: Rate | None = Field(description="Of the activity window that ends with as_of.")
    retention_rate: Rate | None = Field(description="1 minus the churn rate.")


class Experience(Surveys):
    """The customers' experience in figures, as `joren cx --json` tells it; no model is behind it."""

    model_config = ConfigDict(extra="ignore")  # fields that a newer run tells of

    run_id: RunId
    published_at: PublishedAt
    as_of: date = Field(
        description="The last local day, in the business's zone, that counts.", examples=["2026-03-31"]
    )
    activity_days: int = Field(
        description="A customer, without a contract, is one who bought within so many days.", examples=[365]
    )
    confidence: float = Field(description="What the intervals hold.", examples=[0.95])
    churn_rate: list[Rate] = Field(description="By calendar month, the oldest first.")
    retention_rate: list[Rate] = Field(description="1 minus the churn rate, by calendar month.")
    subscription_churn_rate: list[Rate] | None = Field(
        description="By calendar month, of those whose subscription ran; null without subscriptions."
    )
    cohorts: list[Cohort] = Field(description="By month of the first purchase, the oldest first.")
    support: Support | None = Field(description="Null without a table of contacts.")
    repeat_purchase_rate: Figure | None = Field(description="The share who bought on a second day.")
    by_month: list[MonthOfSurveys] = Field(description="Surveys by month, the oldest first.")
    by_segment: list[SegmentOfExperience] = Field(description="Surveys and churn by segment.")
    missing: dict[str, str] = Field(
        description="Why a figure is not there, by its name.",
        examples=[{"nps": "there is no table of surveys"}],
    )
