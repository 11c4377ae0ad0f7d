"""What customers say when they are asked: NPS, CSAT and CES."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from features.contract import SCALES
from features.cx.figures import Figure, mean_figure, nps_figure, share_figure

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["KINDS", "Answers", "answers_by"]

KINDS = tuple(SCALES)
PROMOTER, DETRACTOR, SATISFIED = 9, 6, 4
PERCENT = 100.0


@dataclass(frozen=True)
class Answers:
    """One kind of survey: the figure it is told by, how many were asked, and the mean answer.

    ``figure`` is NPS in points (-100 to 100), CSAT as the percentage of answers of 4 and 5, and CES as the
    mean answer on 1-7; None where nobody answered.
    """

    kind: str
    asked: int
    figure: Figure | None
    mean: Figure | None

    def to_json(self) -> dict[str, Any] | None:
        """Return the figure, with ``asked`` and the mean beside it; None where nobody answered."""
        if self.figure is None or self.mean is None:
            return None
        return {**self.figure.to_json(), "asked": self.asked, "mean": self.mean.to_json()}


def answers_by(surveys: ir.Table, *by: str) -> Mapping[tuple[Any, ...], Mapping[str, Answers]]:
    """Return the answers in ``surveys`` (kind, score: null where none came) by each value of ``by``, sorted.

    Each entry has the kinds that were asked there.
    """
    score = surveys.score
    told = (
        surveys.group_by("kind", *by)
        .aggregate(
            asked=surveys.count(),
            n=score.count(),
            high=score.count(where=score >= PROMOTER),
            low=score.count(where=score <= DETRACTOR),
            satisfied=score.count(where=score >= SATISFIED),
            total=score.sum(),
            squares=(score * score).sum(),
        )
        .order_by(*by, "kind")
    )
    by_group: dict[tuple[Any, ...], dict[str, Answers]] = {}
    for row in told.to_pyarrow().to_pylist():
        group = tuple(row[name] for name in by)
        by_group.setdefault(group, {})[row["kind"]] = _answers(row)
    return by_group


def _answers(row: Mapping[str, Any]) -> Answers:
    n = row["n"]
    mean = mean_figure(n, float(row["total"] or 0), float(row["squares"] or 0), SCALES[row["kind"]])
    figures = {
        "nps": nps_figure(row["high"], row["low"], n),
        "csat": share_figure(row["satisfied"], n, scale=PERCENT),
        "ces": mean,
    }
    return Answers(row["kind"], row["asked"], figures[row["kind"]], mean)
