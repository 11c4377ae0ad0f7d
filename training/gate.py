"""The gate: whether a challenger takes the champion's place, and why, in a sentence.

Two bundles fitted at different moments have no outcomes in common that neither had seen. So their
*configurations* are compared: both are fitted up to the newest complete horizon, on today's data, and judged
on what came after it, paired customer by customer (docs/adr/0010).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from training.checks import Check, Gate, calibration
from training.config import TrainingConfig
from training.evaluate import Evaluation
from training.metadata import Metadata

__all__ = ["FIRST", "Comparison", "Verdict", "judge_challenger", "skill"]

WITHIN = 1.96  # standard errors: 95 %
FIRST = "the first model"


@dataclass(frozen=True)
class Comparison:
    """Log-loss skill, challenger's less champion's, on the same customers, with a 95 % interval."""

    difference: float
    low: float
    high: float
    customers: int

    @classmethod
    def of(cls, challenger: Evaluation, champion: Evaluation) -> Comparison:
        """Compare what two configurations said of one moment's customers."""
        ours, theirs = (f"{one.main}|churn" for one in (challenger, champion))
        said = challenger.predictions[["churned", "orders", "revenue"]].assign(
            **{"ours|churn": challenger.predictions[ours], "theirs|churn": champion.predictions[theirs]}
        )
        paired = Evaluation(challenger.moment, challenger.horizon_days, challenger.kind, len(said), {}, said)
        lost = paired.compare("ours", "theirs", "log_loss")
        mean = _entropy(float(said["churned"].mean()))
        gained, spread = -lost.difference / mean, WITHIN * lost.standard_error / mean
        return cls(gained, gained - spread, gained + spread, len(said))

    def check(self, tolerance: float) -> Check:
        """Hold the interval against the tolerance; what is surely worse, if only by little, is not let in."""
        passed = self.low > -tolerance and self.high >= 0.0
        seen = (
            f"log-loss skill {100 * self.difference:+.2f} points against the champion's configuration on the "
            f"same {self.customers:,} customers, {100 * self.low:+.2f} to {100 * self.high:+.2f} at 95 %"
        )
        if passed:
            return Check("comparison", passed, seen)
        if self.high < 0.0:
            return Check("comparison", passed, f"it is worse: {seen}")
        return Check("comparison", passed, f"it may be worse by more than {100 * tolerance:g} points: {seen}")


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes the champion's place, and why.

    ``refused``: it asked to and may not; where it is the champion already, neither holds. ``opponent``: the
    champion's configuration at the held-out moment, where that had to be found out.
    """

    promoted: bool
    why: str
    checks: tuple[Check, ...] = ()
    comparison: Comparison | None = None
    refused: bool = False
    opponent: Evaluation | None = field(default=None, repr=False)

    @classmethod
    def yes(cls, why: str, checks: Sequence[Check] = ()) -> Verdict:
        """Let in."""
        return cls(promoted=True, why=why, checks=tuple(checks))

    @classmethod
    def no(cls, why: str, checks: Sequence[Check]) -> Verdict:
        """Refuse."""
        return cls(promoted=False, why=why, checks=tuple(checks), refused=True)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types, and no customer."""
        return {
            "promoted": self.promoted,
            "why": self.why,
            "checks": [asdict(check) for check in self.checks],
            "comparison": asdict(self.comparison) if self.comparison else None,
        }


def judge_challenger(
    challenger: Metadata,
    evaluation: Evaluation | None,
    champion: Metadata | None,
    *,
    opponent: Callable[[TrainingConfig], Evaluation | None],
    broken: Sequence[Check],
    gate: Gate,
) -> Verdict:
    """Return whether the challenger goes live.

    ``evaluation``: of its configuration at the newest moment that can be held out, None where history is too
    short; ``opponent`` judges another configuration there. ``broken``: what `faults` found in the bundle. The
    first model needs no comparison, and ill calibration is only told: nothing stands that would be better.
    """
    checks = [*broken, *calibration(evaluation, gate)]
    if champion is None:
        though = f", though {_told(checks)}" if _told(checks) else ""
        return Verdict.no(_told(broken), checks) if _told(broken) else Verdict.yes(f"{FIRST}{though}", checks)
    if challenger.question != champion.question:
        return Verdict.no(_of_another_question(challenger, champion), checks)
    if challenger.as_of < champion.as_of:
        return Verdict.no(f"the champion knows the days up to {champion.as_of} already", checks)
    if challenger.training == champion.training:
        failed = _told(checks)
        return Verdict.no(failed, checks) if failed else Verdict.yes(_again(challenger, champion), checks)
    return _compared(evaluation, opponent(champion.training), checks, gate)


def _compared(
    evaluation: Evaluation | None, opponent: Evaluation | None, checks: list[Check], gate: Gate
) -> Verdict:
    if evaluation is None or opponent is None or "log_loss" not in evaluation.metrics[evaluation.main]:
        return Verdict.no("its configuration is new, and no moment can be held out to compare it on", checks)
    comparison = Comparison.of(evaluation, opponent)
    checks = [*checks, comparison.check(gate.tolerance)]
    failed = _told(checks)
    verdict = Verdict.no(failed, checks) if failed else Verdict.yes(checks[-1].told, checks)
    return replace(verdict, comparison=comparison, opponent=opponent)


def _told(checks: Sequence[Check]) -> str:
    """Return what failed, and nothing where all passed."""
    return "; ".join(f"{check.name}: {check.told}" for check in checks if not check.passed)


def _of_another_question(challenger: Metadata, champion: Metadata) -> str:
    asked, answered = (", ".join(map(str, one.question)) for one in (challenger, champion))
    return f"it answers another question ({asked} instead of {answered}), which is for a person to change"


def _again(challenger: Metadata, champion: Metadata) -> str:
    days = (challenger.as_of - champion.as_of).days
    newer = f"{days} days more are known" if days else "the data or Joren's code has changed"
    return f"the champion's configuration fitted again; {newer}"


def skill(evaluation: Evaluation) -> float:
    """Return the share of the log-loss of forecasting the mean for everybody that the main model saves."""
    share = float(evaluation.predictions["churned"].mean())
    return 1.0 - evaluation.metrics[evaluation.main]["log_loss"] / _entropy(share)


def _entropy(share: float) -> float:
    """Return the log-loss of forecasting ``share`` for everybody, in nats."""
    return float(-np.sum([p * math.log(p) for p in (share, 1.0 - share) if p > 0.0])) or math.nan
