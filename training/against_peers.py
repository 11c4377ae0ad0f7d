"""Ours against the peers: at each moment, over all of them, and how sure the differences are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from training.evaluate import OURS, Difference, Evaluation
from training.grade import Trial
from training.metrics import METRICS
from training.peers import BASE_RATE, PEERS, RECENCY
from training.resampling import COMPARED, Resampled

__all__ = ["Differences", "Errors", "overall", "rivals", "spread_at", "to_best", "trial_of"]

CHANCE = 0.5
PARTS = ("logistic regression", "XGBoost")  # that ours is made of
Errors = Mapping[str, Mapping[str, float]]
Differences = Mapping[str, Mapping[str, Difference]]


def rivals(evaluations: Sequence[Evaluation]) -> list[str]:
    """Return the peers that forecast at every moment; with contracts, the model of contracts alone."""
    everywhere = [model for model in evaluations[0].metrics if all(model in it.metrics for it in evaluations)]
    return [model for model in everywhere if model in PEERS] or [
        model for model in everywhere if model not in {*PARTS, BASE_RATE, OURS}
    ]


def spread_at(
    evaluation: Evaluation, number: int, resampled: Resampled, peers: Sequence[str]
) -> tuple[Errors, Differences]:
    """Return each model's standard errors at the ``number``-th moment, and ours less each peer's."""
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
    return errors, differences


def trial_of(evaluation: Evaluation, differences: Differences, peers: Sequence[str]) -> Trial:
    """Return a moment in what the grade's rule asks about."""
    metrics = evaluation.metrics
    ours, constant = metrics[OURS], metrics[BASE_RATE]["log_loss"]
    over_constant = differences[BASE_RATE]["log_loss"]
    return Trial(
        skill=-over_constant.difference / constant,
        skill_error=over_constant.standard_error / constant,
        ece=ours["ece"],
        auc=ours["auc"],
        recency_auc=metrics[RECENCY]["auc"] if RECENCY in metrics else CHANCE,
        log_loss=to_best(metrics, differences, peers, "log_loss"),
        ranking=to_best(metrics, differences, peers, "auc"),
    )


def to_best(
    metrics: Mapping[str, Mapping[str, float]],
    differences: Differences,
    peers: Sequence[str],
    metric: str,
) -> Difference:
    """Return our difference to the peer that does best by ``metric``, or else to one rate for everybody."""
    sign = -1.0 if METRICS[metric].better == "higher" else 1.0
    able = [peer for peer in peers if metric in differences[peer]] or [BASE_RATE]
    return differences[min(able, key=lambda peer: sign * metrics[peer][metric])][metric]


def overall(
    by_moment: Sequence[Differences], peers: Sequence[str], resampled: Resampled
) -> dict[str, dict[str, Difference]]:
    """Return ours less each peer's, averaged over the moments."""
    return {
        peer: {
            metric: resampled.difference(
                OURS, peer, metric, [differences[peer][metric].difference for differences in by_moment]
            )
            for metric in by_moment[0][peer]
        }
        for peer in [*peers, BASE_RATE]
    }


def _gap(evaluation: Evaluation, peer: str, metric: str) -> float:
    return evaluation.metrics[OURS][metric] - evaluation.metrics[peer][metric]
