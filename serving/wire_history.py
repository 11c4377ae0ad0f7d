"""A customer's history on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from serving.history import Change, Past
from serving.schemas import PublishedAt, Question
from serving.service import History, Language
from serving.wire_score import Answer, CustomerId, Score

__all__ = ["HistoryPage", "HistoryQuery", "history_answer"]

Value = float | str | None


class HistoryQuery(Question):
    """How much of the past, and in which language."""

    limit: int = Field(default=20, ge=1, le=100, description="Runs a page.")
    cursor: str | None = Field(
        default=None, min_length=1, max_length=8_192, description="`next_cursor` of the page before."
    )
    language: Language = Field(
        default=Language.ENGLISH,
        description="The language of what `change` tells; stored reasons are English.",
    )


class FieldChange(Answer):
    """One field of a score that is not what it was."""

    field: str = Field(description="Its name in a score.", examples=["churn_probability"])
    before: Value = Field(description="In the run before; a date as YYYY-MM-DD.", examples=[0.42])
    after: Value = Field(description="In this run.", examples=[0.71])
    difference: float | None = Field(
        description="after − before, of numbers that are both known.", examples=[0.29]
    )


class FeatureChange(Answer):
    """A feature that moved the churn probability, held against the run before."""

    feature: str = Field(description="Its name.", examples=["days_since_last_order"])
    before: float | None = Field(description="In the run before, in its own unit.", examples=[21.0])
    after: float | None = Field(description="In this run.", examples=[52.0])
    contribution: float = Field(
        description="By how much its movement changes the log-odds of leaving, by the model of this run; "
        "positive raises the risk.",
        examples=[0.64],
    )
    text_before: str = Field(
        description="What was so, in words.", examples=["last order 21 days ago; usually every 19 days"]
    )
    text_after: str = Field(
        description="What is so, in words.", examples=["last order 52 days ago; usually every 19 days"]
    )


class ScoreChange(Answer):
    """What a run says otherwise than the kept run before it that knows the customer."""

    since_run_id: str = Field(description="The run before.", examples=["20260301T033000Z-51be"])
    model_changed: bool = Field(
        description="Whether another model gave this score: then part of the difference is the model's."
    )
    fields: list[FieldChange] = Field(description="What differs, in the order of a score's fields.")
    features: list[FeatureChange] | None = Field(
        description="What moved the probability the most, the strongest first, one of a kind. Null where the "
        "behaviour of either run, or the model, is no longer kept."
    )


class HistoryItem(Answer):
    """What one run said."""

    published_at: PublishedAt
    score: Score = Field(description="With the reasons that were stored with the run, in English, or null.")
    change: ScoreChange | None = Field(description="Null for the earliest run that is kept.")


class HistoryPage(Answer):
    """A page of a customer's history."""

    customer_id: CustomerId
    data: list[HistoryItem] = Field(description="Newest first.")
    has_more: bool = Field(description="Whether there is a next page.", examples=[False])
    next_cursor: str | None = Field(
        description="Goes into `cursor` for the next page; null at the end.", examples=[None]
    )


def history_answer(history: History) -> HistoryPage:
    """Put a history on the wire."""
    return HistoryPage(
        customer_id=history.customer_id,
        data=[_item(past) for past in history.past],
        has_more=history.next_cursor is not None,
        next_cursor=history.next_cursor,
    )


def _item(past: Past) -> HistoryItem:
    return HistoryItem(
        published_at=past.said.published_at,
        score=Score.model_validate(past.said.score),
        change=None if past.change is None else _change(past.change),
    )


def _change(change: Change) -> ScoreChange:
    moves = change.features
    return ScoreChange(
        since_run_id=change.since_run_id,
        model_changed=change.model_changed,
        fields=[_field(name, *values) for name, values in change.fields.items()],
        features=None if moves is None else [FeatureChange(**vars(move)) for move in moves],
    )


def _field(name: str, before: Any, after: Any) -> FieldChange:  # noqa: ANN401 - a field of a score
    numbers = isinstance(before, int | float) and isinstance(after, int | float)
    return FieldChange(
        field=name,
        before=_value(before),
        after=_value(after),
        difference=after - before if numbers else None,
    )


def _value(value: Any) -> Value:  # noqa: ANN401 - a field of a score
    return value if value is None or isinstance(value, int | float | str) else str(value)
