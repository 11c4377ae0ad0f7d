"""The customer's experience in figures, as of a moment: what `joren cx` tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from features.cx.answers import KINDS, Answers, answers_by
from features.cx.churn import (
    Cohort,
    Period,
    PeriodRate,
    churn_rates,
    cohorts,
    months_until,
    repeat_purchase_rate,
    subscription_churn_rates,
)
from features.cx.figures import CONFIDENCE, Figure
from features.cx.standing import purchases_known, segments_at
from features.cx.support import Support, support_in
from features.segments import SEGMENTS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["ACTIVITY_DAYS", "Experience", "SegmentFigures", "experience"]

ACTIVITY_DAYS = 365


@dataclass(frozen=True)
class SegmentFigures:
    """One segment: those who stand in it now and what they answered, and those who stood in it a window ago.

    ``churned`` is the churn rate of the window that ends with the moment, for those who stood in the segment
    the day before it began; None where nobody did.
    """

    customers: int
    answers: Mapping[str, Answers]
    churned: PeriodRate | None


@dataclass(frozen=True)
class Experience:
    """The figures as of ``as_of``; ``missing`` says why a figure is not there."""

    as_of: date
    activity_days: int
    answers: Mapping[str, Answers]
    answers_by_month: Mapping[str, Mapping[str, Answers]]
    churn: tuple[PeriodRate, ...]
    subscription_churn: tuple[PeriodRate, ...] | None
    cohorts: tuple[Cohort, ...]
    support: Support | None
    repeat: Figure | None
    by_segment: Mapping[str, SegmentFigures]
    missing: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON's own types; NPS is in points, CSAT in per cent, rates are shares of 1."""
        return {
            "as_of": self.as_of.isoformat(),
            "activity_days": self.activity_days,
            "confidence": CONFIDENCE,
            **_answers_json(self.answers),
            "churn_rate": [rate.to_json() for rate in self.churn],
            "retention_rate": [rate.to_json(retained=True) for rate in self.churn],
            "subscription_churn_rate": None
            if self.subscription_churn is None
            else [rate.to_json() for rate in self.subscription_churn],
            "cohorts": [cohort.to_json() for cohort in self.cohorts],
            "support": self.support and self.support.to_json(),
            "repeat_purchase_rate": self.repeat and self.repeat.to_json(),
            "by_month": [
                {"period": month, **_answers_json(answers)}
                for month, answers in self.answers_by_month.items()
            ],
            "by_segment": [
                {
                    "segment": name,
                    "customers": part.customers,
                    **_answers_json(part.answers),
                    "churn_rate": part.churned and part.churned.to_json(),
                    "retention_rate": part.churned and part.churned.to_json(retained=True),
                }
                for name, part in self.by_segment.items()
            ],
            "missing": dict(self.missing),
        }


def experience(tables: Tables, as_of: date, activity_days: int = ACTIVITY_DAYS) -> Experience:
    """Return the figures of what had happened and was known at the end of ``as_of``."""
    purchases = purchases_known(tables, as_of).cache()
    now = segments_at(purchases, as_of)
    months = list(months_until(purchases.day.min().to_pyarrow().as_py(), as_of))
    subscriptions = tables.known("subscriptions", as_of)
    surveys, support = tables.known("surveys", as_of), _support(tables, as_of)
    answers = {} if surveys is None else answers_by(surveys).get((), {})
    return Experience(
        as_of=as_of,
        activity_days=activity_days,
        answers=answers,
        answers_by_month=_by_month(surveys),
        churn=tuple(churn_rates(purchases, months, activity_days)),
        subscription_churn=None
        if subscriptions is None
        else tuple(subscription_churn_rates(subscriptions, months)),
        cohorts=tuple(cohorts(purchases, as_of)),
        support=support,
        repeat=repeat_purchase_rate(purchases),
        by_segment=_by_segment(now, surveys, _segment_churn(tables, as_of, purchases, activity_days)),
        missing=_missing(surveys, support, answers, subscriptions),
    )


def _support(tables: Tables, as_of: date) -> Support | None:
    tickets = tables.known("interactions", as_of)
    if tickets is None:
        return None
    return support_in(tickets, answers_recorded="first_response_at" in tables.reports["interactions"].columns)


def _answers_json(answers: Mapping[str, Answers]) -> dict[str, Any]:
    return {kind: answers[kind].to_json() if kind in answers else None for kind in KINDS}


def _by_month(surveys: ir.Table | None) -> dict[str, Mapping[str, Answers]]:
    if surveys is None:
        return {}
    months = surveys.mutate(year=surveys.submitted_day.year(), month=surveys.submitted_day.month())
    by_month = answers_by(months, "year", "month")
    return {f"{year:04d}-{month:02d}": answers for (year, month), answers in by_month.items()}


def _by_segment(
    now: ir.Table, surveys: ir.Table | None, churned: Mapping[str | None, PeriodRate]
) -> dict[str, SegmentFigures]:
    counts = dict(now.group_by("segment").aggregate(n=now.count()).to_pandas().itertuples(index=False))
    answers = {} if surveys is None else answers_by(surveys.join(now, "customer_id"), "segment")
    return {
        label.name: SegmentFigures(
            counts.get(label.name, 0), answers.get((label.name,), {}), churned.get(label.name)
        )
        for label in SEGMENTS
    }


def _segment_churn(
    tables: Tables, as_of: date, purchases: ir.Table, activity_days: int
) -> dict[str | None, PeriodRate]:
    """Return the churn rates of the window that ends with ``as_of``, by the segment of the day before it."""
    before = as_of - timedelta(days=activity_days)
    then = purchases_known(tables, before).cache()
    if not int(then.count().execute()):
        return {}
    window = Period(f"{activity_days} days", before + timedelta(days=1), as_of)
    stood = purchases.join(segments_at(then, before), "customer_id")
    rates = churn_rates(stood.select("customer_id", "day", "segment"), [window], activity_days, "segment")
    return {rate.segment: rate for rate in rates}


def _missing(
    surveys: ir.Table | None,
    support: Support | None,
    answers: Mapping[str, Answers],
    subscriptions: ir.Table | None,
) -> dict[str, str]:
    """Say of each figure that is not there why."""
    silent = "there is no table of surveys" if surveys is None else "nobody has answered such a survey"
    missing = {kind: silent for kind in KINDS if kind not in answers or answers[kind].figure is None}
    if support is None:
        missing["support"] = "there is no table of interactions"
    elif support.answered is None:
        missing["support"] = "the interactions do not say when they were first answered"
    if subscriptions is None:
        missing["subscription_churn_rate"] = "there is no table of subscriptions"
    return missing
