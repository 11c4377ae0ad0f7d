"""What a backtest found: figures by moment, by segment and over all, how sure they are, and their grade."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Self

import numpy as np
import pandas as pd

from features.segments import SEGMENTS
from training.against_peers import Differences, Errors, overall, rivals, spread_at, to_best, trial_of
from training.evaluate import OURS, Evaluation, judge
from training.grade import Grade, Record, Trial, graded
from training.peers import BASE_RATE
from training.resampling import ROUNDS, Resampled
from training.soundness import Finding

__all__ = ["NORMAL_95", "Backtest", "Judged", "Plan", "by_segment"]

NORMAL_95 = 1.96
FEWEST_IN_SEGMENT = 50


@dataclass(frozen=True)
class Plan:
    """The moments to be judged, newest first, how far apart, and why these."""

    moments: tuple[date, ...]
    step_days: int
    why: str
    why_ja: str


@dataclass(frozen=True)
class Judged:
    """One moment: its evaluation, the method that its history allowed, and each customer's segment then.

    ``trial``, ``standard_errors`` (by model and measure) and ``differences`` (ours less each peer's, by peer
    and measure) are there once customers were drawn anew.
    """

    evaluation: Evaluation
    method: str
    segments: pd.Series[str] = field(repr=False, compare=False)
    trial: Trial | None = None
    standard_errors: Errors = field(default_factory=dict)
    differences: Differences = field(default_factory=dict)

    @property
    def moment(self) -> date:
        """The day that the models were fitted on."""
        return self.evaluation.moment

    def with_spread(self, number: int, resampled: Resampled, peers: Sequence[str]) -> Self:
        """Return it with what the draws say of it, the ``number``-th moment."""
        errors, differences = spread_at(self.evaluation, number, resampled, peers)
        trial = trial_of(self.evaluation, differences, peers)
        return replace(self, trial=trial, standard_errors=errors, differences=differences)

    def to_json(self) -> dict[str, Any]:
        """Return the figures, as JSON's own types, and no customer."""
        errors = {
            model: {name: _known(error) for name, error in of_model.items()}
            for model, of_model in self.standard_errors.items()
        }
        return self.evaluation.to_json() | {
            "method": self.method,
            "skill": _known(self.skill),
            "standard_errors": errors,
            "differences": _told(self.differences),
        }

    @property
    def skill(self) -> float:
        """1 less log-loss over that of the one rate that proved right; NaN before customers were drawn."""
        return math.nan if self.trial is None else self.trial.skill


@dataclass(frozen=True)
class Backtest:
    """Forecasts of the past beside what came, at ``moments`` (newest first) of those ``asked`` for.

    ``mean``: each model's measures, averaged over the moments; ``differences``: ours less each peer's,
    averaged likewise. ``disjoint``: how many moments have outcomes of their own. ``segments``: our measures
    within each segment, all moments together. ``passed_over``: moments that tell nothing, and why.
    """

    as_of: date
    horizon_days: int
    asked: Plan
    moments: tuple[Judged, ...]
    disjoint: int
    mean: Mapping[str, Mapping[str, float]]
    differences: Differences
    segments: Mapping[str, Mapping[str, float]]
    grade: Grade
    findings: tuple[Finding, ...]
    passed_over: Mapping[date, str]

    @classmethod
    def of(
        cls,
        judged: Sequence[Judged],
        *,
        as_of: date,
        asked: Plan,
        passed_over: Mapping[date, str],
        findings: Sequence[Finding],
        rounds: int = ROUNDS,
        seed: int = 0,
    ) -> Self:
        """Draw customers anew, and put together what the moments tell."""
        evaluations = [one.evaluation for one in judged]
        peers = rivals(evaluations)
        resampled = Resampled.of(evaluations, [*peers, BASE_RATE, OURS], rounds=rounds, seed=seed)
        moments = tuple(one.with_spread(number, resampled, peers) for number, one in enumerate(judged))
        horizon_days = evaluations[0].horizon_days
        mean = _mean(evaluations)
        differences = overall([one.differences for one in moments], peers, resampled)
        disjoint = _disjoint([one.moment for one in moments], horizon_days)
        record = Record(
            trials=tuple(one.trial for one in moments if one.trial),
            disjoint=disjoint,
            log_loss=to_best(mean, differences, peers, "log_loss"),
            ranking=to_best(mean, differences, peers, "auc"),
            won_all_along=all(finding.code != "one_cohort" for finding in findings),
        )
        return cls(
            as_of=as_of,
            horizon_days=horizon_days,
            asked=asked,
            moments=moments,
            disjoint=disjoint,
            mean=mean,
            differences=differences,
            segments=by_segment(
                pd.concat([it.predictions for it in evaluations]),
                pd.concat([one.segments for one in judged]),
            ),
            grade=graded(record),
            findings=tuple(findings),
            passed_over=passed_over,
        )

    @property
    def worst(self) -> Judged:
        """The moment of least skill."""
        return min(self.moments, key=lambda one: one.skill)

    def to_json(self) -> dict[str, Any]:
        """Return every figure, as JSON's own types, and no customer."""
        return {
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "step_days": self.asked.step_days,
            "why": self.asked.why,
            "disjoint_outcomes": self.disjoint,
            "grade": self.grade.to_json(),
            "findings": [asdict(finding) for finding in self.findings],
            "passed_over": {moment.isoformat(): told for moment, told in self.passed_over.items()},
            "mean": {model: dict(measured) for model, measured in self.mean.items()},
            "differences": _told(self.differences),
            "worst": self.worst.moment.isoformat(),
            "moments": [one.to_json() for one in self.moments],
            "segments": {name: dict(measured) for name, measured in self.segments.items()},
        }


def by_segment(predictions: pd.DataFrame, segments: pd.Series[str]) -> dict[str, dict[str, float]]:
    """Return our measures within each segment of 50 customers or more, best segments first.

    ``predictions`` as those of an `Evaluation`; ``segments`` in the same order. Beside `judge`'s measures:
    ``customers``, and the shares that left and that were expected to.
    """
    measured = {}
    for label in SEGMENTS:
        rows = predictions[(segments == label.name).to_numpy()]
        if len(rows) < FEWEST_IN_SEGMENT:
            continue
        ours = {name: rows[f"{OURS}|{name}"] for name in ("churn", "orders", "revenue")}
        measured[label.name] = {
            "customers": float(len(rows)),
            "churned_share": float(rows["churned"].mean()),
            "expected_share": float(ours["churn"].mean()),
        } | judge(rows, **ours)
    return measured


def _mean(evaluations: Sequence[Evaluation]) -> dict[str, dict[str, float]]:
    """Return each model's measures averaged over the moments, as far as it has them at every one."""
    first = evaluations[0].metrics
    return {
        model: {
            metric: float(np.mean([it.metrics[model][metric] for it in evaluations]))
            for metric in measured
            if all(metric in it.metrics.get(model, {}) for it in evaluations)
        }
        for model, measured in first.items()
    }


def _disjoint(moments: Sequence[date], horizon_days: int) -> int:
    """Count the moments, newest first, whose outcomes are over before the last one counted begins."""
    count, begins = 0, date.max
    for moment in moments:
        if moment <= begins - timedelta(days=horizon_days):
            count, begins = count + 1, moment
    return count


def _told(differences: Differences) -> dict[str, Any]:
    """Return differences with their 95 % intervals."""
    return {
        peer: {
            metric: {
                "difference": gap,
                "standard_error": _known(error),
                "low": _known(gap - NORMAL_95 * error),
                "high": _known(gap + NORMAL_95 * error),
            }
            for metric, (gap, error) in measured.items()
        }
        for peer, measured in differences.items()
    }


def _known(value: float) -> float | None:
    """Return a figure as JSON can hold it: one that no draw gave is null."""
    return value if math.isfinite(value) else None
