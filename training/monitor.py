"""Is the model still good for these customers? Frames in, a report out; nothing is read or written here.

What a bundle was trained on is held against what it scored last: features, scores and raw categories. Runs
whose horizon is over are held against what came. And the change of the mean score between two runs is taken
apart into its causes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from training.against_training import NewCategory
from training.decomposition import Decomposition
from training.drift import Movement, Verdict
from training.limits import Limits
from training.realised import Realised

__all__ = [
    "Alert",
    "Cause",
    "MonitorReport",
    "ScoreMovement",
]


class Cause(StrEnum):
    """What an alert is about."""

    FEATURE = "feature"
    MISSING = "unknown_share"
    SCORES = "score_drift"
    CATEGORY = "category"
    NEW_CATEGORY = "new_category"
    RANKING = "ranking"
    CALIBRATION = "calibration"
    PAST = "past"


@dataclass(frozen=True)
class Alert:
    """``subject`` moved: ``value``, beyond ``limit``, in the measure that the cause goes by."""

    cause: Cause
    subject: str
    value: float
    limit: float


@dataclass(frozen=True)
class ScoreMovement:
    """Two runs and why their mean scores differ.

    ``features``: what each adds to the change of the mean log-odds of leaving of the customers in both, by
    the later run's model, the most first. ``revised``: of the earlier run's features, the share of customers
    of whom today's data say otherwise; None where what was scored then is not kept any more.
    """

    first_run: str
    first_as_of: date
    second_run: str
    second_as_of: date
    parts: Decomposition
    features: Mapping[str, float]
    revised: Mapping[str, float] | None


@dataclass(frozen=True)
class MonitorReport:
    """What was looked at, and what was found.

    ``reference``: the newest moment of training. ``due``: when which run can be judged. ``year_before``: the
    moment 364 days earlier; None where history, or what training knew, begins later.
    """

    run_id: str
    as_of: date
    model_version: str
    trained_as_of: date
    reference: date
    customers: int
    limits: Limits
    features: tuple[Movement, ...]
    scores: Movement | None
    categories: tuple[Movement, ...]
    new_categories: tuple[NewCategory, ...]
    realised: tuple[Realised, ...]
    due: Mapping[str, date]
    movement: ScoreMovement | None
    year_before: date | None

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Everything beyond its limit: features first, the strongest first."""
        return (
            *self._moved(self.features, Cause.FEATURE),
            *self._moved([self.scores] if self.scores else [], Cause.SCORES),
            *(
                Alert(
                    Cause.NEW_CATEGORY,
                    f"{new.column} = {new.category}",
                    new.share,
                    self.limits.new_category_share,
                )
                for new in self.new_categories
            ),
            *self._moved(self.categories, Cause.CATEGORY),
            *self._broken_promises(),
            *self._revised(),
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types, the alerts beside; nothing of any single customer."""
        parts = self.movement.parts if self.movement else None
        told: dict[str, Any] = _plain(asdict(self))
        if parts is not None:
            told["movement"]["parts"] |= {"total": parts.total}
        return {"alerts": [_plain(asdict(alert)) for alert in self.alerts], **told}

    @staticmethod
    def _moved(found: Iterable[Movement], cause: Cause) -> Iterable[Alert]:
        for one in found:
            if one.verdict is Verdict.MISSING:
                yield Alert(Cause.MISSING, one.name, one.missing - one.missing_before, one.missing_limit)
            elif one.verdict is Verdict.MOVED:
                yield Alert(cause, one.name, one.psi, one.psi_limit)

    def _broken_promises(self) -> Iterable[Alert]:
        for run in self.realised:
            if run.ranks_worse and run.auc is not None:
                yield Alert(Cause.RANKING, run.run_id, run.auc, run.auc_limit)
            if run.is_miscalibrated:
                yield Alert(Cause.CALIBRATION, run.run_id, run.ece, run.ece_limit)

    def _revised(self) -> Iterable[Alert]:
        if self.movement and self.movement.parts.revised_share > self.limits.revised_share:
            share = self.movement.parts.revised_share
            yield Alert(Cause.PAST, self.movement.first_run, share, self.limits.revised_share)


def _plain(value: Any) -> Any:  # noqa: ANN401  # any field of a report
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
