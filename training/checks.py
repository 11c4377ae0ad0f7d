"""What is looked at in a challenger by itself: schema, golden scores, leakage, calibration."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from training.bundle import Bundle
from training.evaluate import Evaluation
from training.golden import Golden
from training.leaks import leaking
from training.learners import Learners
from training.metadata import Metadata
from training.snapshots import Snapshots

__all__ = ["Check", "Gate", "calibration", "faults"]

GROUPS = 10  # of the calibration error


@dataclass(frozen=True)
class Gate:
    """What a challenger has to show.

    ``tolerance``: the log-loss skill (0 for the mean forecast, 1 for the truth) that it may at most have lost
    to the champion, at the lower end of the 95 % interval. ``ece_limit``, ``bias_limit``: on the held-out
    moment, beyond what chance gives to a perfect model of so many customers and orders.
    """

    tolerance: float = 0.01
    ece_limit: float = 0.10
    bias_limit: float = 0.50


@dataclass(frozen=True)
class Check:
    """One thing that was looked at, and what was seen."""

    name: str
    passed: bool
    told: str


def faults(
    reloaded: Bundle,
    golden: Golden,
    champion: Metadata | None,
    evaluation: Evaluation | None,
    snapshots: Snapshots,
) -> list[Check]:
    """Look at the bundle itself, as read back from where it is kept: schema, golden scores, leakage.

    ``golden``: what it said when it was made. ``evaluation``: of a moment of ``snapshots``, whose outcomes
    nothing that was learned from may give away by itself.
    """
    checks = [_schema(reloaded, champion), _golden(reloaded, golden)]
    if evaluation is not None and reloaded.learners is not None:
        checks.append(_leakage(reloaded, reloaded.learners, evaluation, snapshots))
    return checks


def _schema(challenger: Bundle, champion: Metadata | None) -> Check:
    if champion is not None:
        more = sorted(set(challenger.metadata.features) - set(champion.features))
        if more:
            told = f"it wants {len(more)} features that the champion's users do not send: {', '.join(more)}"
            return Check("schema", passed=False, told=told)
    try:
        Golden.of(challenger)
    except (pa.ArrowException, KeyError) as fault:
        return Check("schema", passed=False, told=f"its scores break the schema: {fault}")
    told = f"{len(challenger.metadata.features)} features in, scores of the schema out"
    return Check("schema", passed=True, told=told)


def _golden(reloaded: Bundle, golden: Golden) -> Check:
    changed = golden.changed(reloaded)
    if changed:
        told = f"read back, it scores made-up customers otherwise than when it was made: {', '.join(changed)}"
        return Check("golden scores", passed=False, told=told)
    told = f"{len(golden.scores)} made-up customers are scored as when it was made"
    return Check("golden scores", passed=True, told=told)


def _leakage(bundle: Bundle, learners: Learners, evaluation: Evaluation, snapshots: Snapshots) -> Check:
    behaviour = bundle.attributes.beside(
        snapshots.behaviour(evaluation.moment), snapshots.part, evaluation.moment
    )
    told = behaviour.set_index("customer_id")
    seen = evaluation.predictions["churned"]
    features = [name for name in learners.churn.members.trees.features if name in told]
    leaks = leaking(told.loc[seen.index, features], seen, allowed=bundle.metadata.training.allow)
    if leaks:
        return Check("leakage", passed=False, told="; ".join(leak.told() for leak in leaks))
    told_of = f"none of {len(features)} features tells by itself who left after {evaluation.moment}"
    return Check("leakage", passed=True, told=told_of)


def calibration(evaluation: Evaluation | None, gate: Gate) -> Iterator[Check]:
    """Hold calibration error and total bias against their limits, beyond what chance alone would give.

    A perfect model's expected ECE over k equal groups of n customers is √(2/π · p(1 − p) · k / n); a count of
    orders scatters by its own root.
    """
    if evaluation is None:
        return
    measured, seen = evaluation.metrics[evaluation.main], evaluation.predictions
    if "ece" in measured:
        share = float(seen["churned"].mean())
        chance = math.sqrt(2 / math.pi * share * (1 - share) * GROUPS / len(seen))
        limit = gate.ece_limit + chance
        told = f"ECE {measured['ece']:.3f} at {evaluation.moment}, at most {limit:.3f}"
        yield Check("calibration", measured["ece"] <= limit, told)
    orders = float(seen["orders"].sum())
    if "bias_orders" in measured and orders > 0:
        limit = gate.bias_limit + 2 / math.sqrt(orders)
        told = f"orders off by {measured['bias_orders']:+.0%} at {evaluation.moment}, at most {limit:.0%}"
        yield Check("bias", abs(measured["bias_orders"]) <= limit, told)
