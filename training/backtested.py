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
from training.evaluate import OURS, Difference, Evaluation, judge
from training.grade import Grade, Record, Trial, graded
from training.metrics import METRICS
from training.peers import BASE_RATE, PEERS, RECENCY
from training.resampling import COMPARED, ROUNDS, Resampled
from training.soundness import Finding

__all__ = ["NORMAL_95", "Backtest", "Judged", "by_segment"]

NORMAL_95 = 1.96
FEWEST_IN_SEGMENT = 50
CHANCE = 0.5
PARTS = ("logistic regression", "XGBoost")  # that ours is made of


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
    standard_errors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    differences: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)

    @property
    def moment(self) -> date:
        """The day that the models were fitted on."""
        return self.evaluation.moment

    def to_json(self) -> dict[str, Any]:
        """Return the figures, as JSON's own types, and no customer."""
        return self.evaluation.to_json() | {
            "method": self.method,
            "skill": self.skill,
            "standard_errors": {model: dict(errors) for model, errors in self.standard_errors.items()},
            "differences": _told(self.differences),
        }

    @property
    def skill(self) -> float:
        """1 less log-loss over that of the one rate that proved right; NaN before customers were drawn."""
        return math.nan if self.trial is None else self.trial.skill


@dataclass(frozen=True)
class Backtest:
    """Forecasts of the past beside what came, at ``moments`` (newest first), ``step_days`` apart.

    ``mean``: each model's measures, averaged over the moments; ``differences``: ours less each peer's,
    averaged likewise. ``disjoint``: how many moments have outcomes of their own. ``segments``: our measures
    within each segment, all moments together. ``passed_over``: moments that tell nothing, and why.
    """

    as_of: date
    horizon_days: int
    step_days: int
    why: str
    moments: tuple[Judged, ...]
    disjoint: int
    mean: Mapping[str, Mapping[str, float]]
    differences: Mapping[str, Mapping[str, Difference]]
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
        step_days: int,
        why: str,
        passed_over: Mapping[date, str],
        findings: Sequence[Finding],
        rounds: int = ROUNDS,
        seed: int = 0,
    ) -> Self:
        """Draw customers anew, and put together what the moments tell."""
        evaluations = [one.evaluation for one in judged]
        peers = _rivals(evaluations)
        resampled = Resampled.of(evaluations, [*peers, BASE_RATE, OURS], rounds=rounds, seed=seed)
        moments = tuple(_with_spread(one, number, resampled, peers) for number, one in enumerate(judged))
        horizon_days = evaluations[0].horizon_days
        mean = _mean(evaluations)
        differences = _overall(moments, peers, resampled)
        disjoint = _disjoint([one.moment for one in moments], horizon_days)
        record = Record(
            trials=tuple(one.trial for one in moments if one.trial),
            disjoint=disjoint,
            log_loss=_to_best(mean, differences, peers, "log_loss"),
            ranking=_to_best(mean, differences, peers, "auc"),
            won_all_along=all(finding.code != "one_cohort" for finding in findings),
        )
        return cls(
            as_of=as_of,
            horizon_days=horizon_days,
            step_days=step_days,
            why=why,
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
            "step_days": self.step_days,
            "why": self.why,
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


def _rivals(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the peers that forecast at every moment; with contracts, the model of contracts alone."""
    everywhere = [model for model in evaluations[0].metrics if all(model in it.metrics for it in evaluations)]
    return [model for model in everywhere if model in PEERS] or [
        model for model in everywhere if model not in {*PARTS, BASE_RATE, OURS}
    ]


def _with_spread(judged: Judged, number: int, resampled: Resampled, peers: Sequence[str]) -> Judged:
    evaluation = judged.evaluation
    errors: dict[str, dict[str, float]] = {}
    for model, metric in resampled.rounds:
        errors.setdefault(model, {})[metric] = resampled.standard_error(model, metric, number)
    differences = {
        peer: {
            metric: resampled.difference_at(OURS, peer, metric, number, _gap(evaluation, peer, metric))
            for metric in COMPARED
            if metric in errors.get(peer, {}) and metric in errors[OURS]
        }
        for peer in [*peers, BASE_RATE]
    }
    trial = _trial(evaluation, differences, peers)
    return replace(judged, trial=trial, standard_errors=errors, differences=differences)


def _trial(
    evaluation: Evaluation, differences: Mapping[str, Mapping[str, Difference]], peers: Sequence[str]
) -> Trial:
    metrics = evaluation.metrics
    ours, constant = metrics[OURS], metrics[BASE_RATE]["log_loss"]
    over_constant = differences[BASE_RATE]["log_loss"]
    return Trial(
        skill=-over_constant.difference / constant,
        skill_error=over_constant.standard_error / constant,
        ece=ours["ece"],
        auc=ours["auc"],
        recency_auc=metrics[RECENCY]["auc"] if RECENCY in metrics else CHANCE,
        log_loss=_to_best(metrics, differences, peers, "log_loss"),
        ranking=_to_best(metrics, differences, peers, "auc"),
    )


def _to_best(
    metrics: Mapping[str, Mapping[str, float]],
    differences: Mapping[str, Mapping[str, Difference]],
    peers: Sequence[str],
    metric: str,
) -> Difference:
    """Return our difference to the peer that does best by ``metric``, or else to one rate for everybody."""
    sign = -1.0 if METRICS[metric].better == "higher" else 1.0
    able = [peer for peer in peers if metric in differences[peer]] or [BASE_RATE]
    return differences[min(able, key=lambda peer: sign * metrics[peer][metric])][metric]


def _overall(
    moments: Sequence[Judged], peers: Sequence[str], resampled: Resampled
) -> dict[str, dict[str, Difference]]:
    """Return ours less each peer's, averaged over the moments."""
    return {
        peer: {
            metric: resampled.difference(
                OURS, peer, metric, [one.differences[peer][metric].difference for one in moments]
            )
            for metric in moments[0].differences[peer]
        }
        for peer in [*peers, BASE_RATE]
    }


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


def _gap(evaluation: Evaluation, peer: str, metric: str) -> float:
    return evaluation.metrics[OURS][metric] - evaluation.metrics[peer][metric]


def _disjoint(moments: Sequence[date], horizon_days: int) -> int:
    """Count the moments, newest first, whose outcomes are over before the last one counted begins."""
    count, begins = 0, date.max
    for moment in moments:
        if moment <= begins - timedelta(days=horizon_days):
            count, begins = count + 1, moment
    return count


def _told(differences: Mapping[str, Mapping[str, Difference]]) -> dict[str, Any]:
    """Return differences with their 95 % intervals."""
    return {
        peer: {
            metric: {
                "difference": gap,
                "standard_error": error,
                "low": gap - NORMAL_95 * error,
                "high": gap + NORMAL_95 * error,
            }
            for metric, (gap, error) in measured.items()
        }
        for peer, measured in differences.items()
    }
