"""What customers answered when asked: NPS, CSAT and CES, each on its own scale, and when they kept silent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import ibis

from features.behaviour.events import EventFamily, Known
from features.behaviour.latest import packed, unpacked
from features.contract import SCALES

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["DETRACTOR_UP_TO", "FEEDBACK"]

DETRACTOR_UP_TO = 6
"""Who answers 0 to 6 to the NPS question is a detractor."""
SCORE_PLACES = 10_000
"""Scores are DECIMAL(18,4): so many of these make them whole."""


def _sums(known: Known) -> ir.Table:
    """Return what a customer's surveys come to; a row without a score was asked and not answered."""
    surveys = known.events
    answered = surveys.score.notnull()
    unanswered = answered.ifelse(0, 1)
    return surveys.group_by("as_of", "customer_id").aggregate(
        surveys_asked=surveys.count(),
        survey_answers=surveys.count(where=answered),
        days_since_last_answer=surveys.age_days.min(where=answered),
        latest_unanswered=packed(surveys.submitted_at, unanswered).max(),
        **dict(_by_kind(surveys)),
    )


def _by_kind(surveys: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    whole = (surveys.score * SCORE_PLACES).cast("int64")
    for kind in SCALES:
        of_kind = (surveys.kind == kind) & surveys.score.notnull()
        yield f"{kind}_answers", surveys.count(where=of_kind)
        yield f"{kind}_total", surveys.score.sum(where=of_kind)
        yield f"{kind}_latest", packed(surveys.submitted_at, whole).max(where=of_kind)
        yield f"lowest_{kind}", surveys.score.min(where=of_kind)


def _ratios(panel: ir.Table) -> Mapping[str, ir.Value]:
    asked, last_nps = panel.surveys_asked, unpacked(panel.nps_latest)
    detractor = (last_nps <= DETRACTOR_UP_TO * SCORE_PLACES).ifelse(1, 0)
    return {
        "unanswered_survey_share": (asked - panel.survey_answers).cast("float64") / asked,
        "last_survey_unanswered": unpacked(panel.latest_unanswered),
        "nps_detractor": last_nps.notnull().ifelse(detractor, ibis.null("int64")),
        **dict(_of_kinds(panel)),
    }


def _of_kinds(panel: ir.Table) -> Iterator[tuple[str, ir.Value]]:
    for kind in SCALES:
        total, answers = panel[f"{kind}_total"], panel[f"{kind}_answers"]
        last = unpacked(panel[f"{kind}_latest"]).cast("float64") / SCORE_PLACES
        yield f"last_{kind}", last
        yield f"mean_{kind}", total / answers.nullif(0)
        yield f"{kind}_trend", last - (total - last) / (answers - 1).nullif(0)


FEEDBACK = EventFamily("surveys", _sums, _ratios)
