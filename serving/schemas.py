"""The wire: what a request may say, and what an answer says."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from serving.service import Language
from serving.store import Sort
from serving.wire_score import SEGMENT_NAMES, Answer, CustomerId, Score, speakable
from training.score_schema import ChurnBand, ScoreStatus

__all__ = [
    "AtRiskQuery",
    "CurrentModel",
    "CustomerPage",
    "Live",
    "LookupAnswer",
    "LookupItem",
    "LookupRequest",
    "Ready",
    "ScoreQuery",
    "SegmentName",
    "SegmentQuery",
    "UsedModel",
]

MAX_LOOKUP = 1_000


def _a_segment(name: str) -> str:
    if name not in SEGMENT_NAMES:
        raise ValueError(f"the segments are {', '.join(SEGMENT_NAMES)}")
    return name


class Question(BaseModel):
    """A request: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


SegmentName = Annotated[
    str,
    AfterValidator(_a_segment),
    Field(description="One of the ten segments.", json_schema_extra={"enum": [*SEGMENT_NAMES]}),
]
Text = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(speakable)]
Limit = Annotated[int, Field(ge=1, le=100, description="Customers a page.")]
WhereItGoesOn = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=8_192,
        description="`next_cursor` of the page before, with the same filters and sort.",
    ),
]
WithReasons = Annotated[bool, Field(description="Compute reasons where none are stored.")]
InLanguage = Annotated[
    Language,
    Field(description="The language of reasons. Stored ones are English: with `ja`, send `reasons=true`."),
]
RunId = Annotated[
    str,
    Field(description="The run that published the scores.", examples=["20260401T033000Z-7f3a"]),
]
PublishedAt = Annotated[
    datetime,
    Field(description="When the run was published, in UTC.", examples=["2026-04-01T03:30:00Z"]),
]


class ScoreQuery(Question):
    """What a score is wanted with."""

    reasons: WithReasons = False
    language: InLanguage = Language.ENGLISH


class LookupRequest(Question):
    """Customers to look up."""

    customer_ids: list[Annotated[CustomerId, Field(strict=True)]] = Field(
        min_length=1,
        max_length=MAX_LOOKUP,
        description="Ids, in any order; the same one may be asked for twice.",
        examples=[["00123", "c-7f"]],
    )


class LookupItem(Answer):
    """The answer to one of the ids."""

    customer_id: CustomerId
    status: Literal["found", "not_found"]
    score: Score | None = Field(description="Null if not found.")


class LookupAnswer(Answer):
    """One result for each id, in the order of the request, all from the same run."""

    run_id: RunId
    results: list[LookupItem]


class AtRiskQuery(Question):
    """Which customers, in which order, how many at a time."""

    status: ScoreStatus = Field(default=ScoreStatus.ELIGIBLE, description="The score_status to list.")
    band: ChurnBand | None = Field(default=None, description="Only this churn band.")
    segment: Annotated[str, AfterValidator(_a_segment)] | None = Field(
        default=None, description="Only this segment.", json_schema_extra={"enum": [*SEGMENT_NAMES]}
    )
    min_value_at_risk: float | None = Field(
        default=None, ge=0, description="Only value_at_risk of at least this, in the run's currency."
    )
    min_churn_probability: float | None = Field(
        default=None, ge=0, le=1, description="Only churn_probability of at least this."
    )
    country: Text | None = Field(
        default=None, description="Only customers of this country, as the customers' table writes it."
    )
    attribute: list[Annotated[Text, Field(pattern="^[^:]+:")]] = Field(
        default=[],
        max_length=5,
        description="Only customers with this attribute, as `name:value`; several times, and all must hold. "
        "Attributes are columns of the customers' table that `[data] attributes` of joren.toml names.",
        examples=[["prefecture:東京都"]],
    )
    sort: Sort = Field(
        default=Sort.VALUE_AT_RISK,
        description="Highest first, ties by customer_id. Customers without that number are not listed.",
    )
    limit: Limit = 20
    cursor: WhereItGoesOn = None
    reasons: WithReasons = False
    language: InLanguage = Language.ENGLISH


class SegmentQuery(Question):
    """Which customers of a segment, how many at a time."""

    status: ScoreStatus | None = Field(default=None, description="Only this score_status; unset: all.")
    limit: Limit = 20
    cursor: WhereItGoesOn = None
    reasons: WithReasons = False
    language: InLanguage = Language.ENGLISH


class CustomerPage(Answer):
    """A page of a list of customers."""

    run_id: RunId
    as_of: date = Field(
        description="The last local day of history, in the business's zone.", examples=["2026-03-31"]
    )
    published_at: PublishedAt
    data: list[Score]
    has_more: bool = Field(description="Whether there is a next page.", examples=[True])
    next_cursor: str | None = Field(
        description="Goes into `cursor` for the next page; null at the end.", examples=["WyJydW4tMSIsIC…"]
    )


class CurrentModel(Answer):
    """The model behind the scores that are handed out now."""

    version: str = Field(description="Twelve hex digits of its content.", examples=["0a1b2c3d4e5f"])
    method: str = Field(
        description="How it was fitted; the length of the history decides.", examples=["out of time"]
    )
    as_of: date = Field(
        description="The last local day of history that it was fitted for.", examples=["2026-03-31"]
    )
    horizon_days: int = Field(
        description="The days that its probabilities and expectations are about.", examples=[91]
    )
    zone: str = Field(description="The business zone, whose local days count.", examples=["Asia/Tokyo"])
    currency: str = Field(description='ISO 4217 code of its money, "XXX" if unknown.', examples=["JPY"])
    features: list[str] = Field(
        description="The features that it looks at.", examples=[["orders", "days_since_last_order"]]
    )
    run_id: RunId
    published_at: PublishedAt
    customers: int = Field(description="How many customers the scores are of.", examples=[23570])


class UsedModel(Answer):
    """The model that answers for customers and feature rows that come with a request."""

    version: str = Field(description="Twelve hex digits of its content.", examples=["0a1b2c3d4e5f"])
    as_of: date = Field(
        description="The last local day of history that it was fitted for.", examples=["2026-03-31"]
    )


class Live(Answer):
    """The process answers."""

    status: Literal["live"] = "live"


class Ready(Answer):
    """Everything can be answered."""

    status: Literal["ready"] = "ready"
