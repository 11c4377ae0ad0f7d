"""The gate: what is let in, what is not, and that the sentence says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.training.bundles import a_shop, fitted
from training.checks import Check, Gate, faults
from training.config import Hyperparameters, TrainingConfig
from training.evaluate import Evaluation, Forecast
from training.gate import FIRST, Verdict, judge_challenger, skill
from training.golden import Golden
from training.snapshots import Snapshots

if TYPE_CHECKING:
    from training.bundle import Bundle
    from training.metadata import Metadata

MOMENT = date(1997, 8, 1)
OTHER = TrainingConfig(60, hyperparameters=Hyperparameters(max_depth=2))


def held_out(customers: int = 4000, *, noise: float = 0.0, shift: float = 0.0) -> Evaluation:
    """Return a forecast that is right but for noise and a shift of its log-odds; the truth is always one."""
    draw = np.random.default_rng(3)
    eta = draw.normal(0.3, 1.2, customers)
    churned = draw.random(customers) < 1 / (1 + np.exp(-eta))
    said = 1 / (1 + np.exp(-(eta + noise * draw.normal(size=customers) + shift)))
    orders = np.where(churned, 0.0, 2.0)
    truth = pd.DataFrame(
        {"churned": churned, "orders": orders, "revenue": orders * 20},
        index=draw.permutation([f"c-{i:04x}" for i in range(customers)]),
    )
    ours = Forecast(churn=said, orders=2 * (1 - said), revenue=40 * (1 - said))
    return Evaluation.of(truth, {"Joren": ours}, moment=MOMENT, horizon_days=60, kind="out-of-time")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return fitted(60)


@pytest.fixture(scope="module")
def champion(bundle: Bundle) -> Metadata:
    return replace(bundle.metadata, as_of=bundle.metadata.as_of - timedelta(days=30))


def verdict(
    challenger: Metadata,
    champion: Metadata | None,
    ours: Evaluation | None,
    theirs: Evaluation | None = None,
    broken: tuple[Check, ...] = (),
) -> Verdict:
    asked: list[TrainingConfig] = []

    def opponent(config: TrainingConfig) -> Evaluation | None:
        asked.append(config)
        return theirs

    said = judge_challenger(challenger, ours, champion, opponent=opponent, broken=broken, gate=Gate())
    fitted_again = champion is None or challenger.training == champion.training
    assert not (fitted_again and asked), "an equal configuration is not fitted twice"
    assert said.promoted != said.refused
    return said


def test_the_first_model_needs_no_contest_but_has_to_be_whole(bundle: Bundle) -> None:
    assert verdict(bundle.metadata, None, None).why == FIRST
    ill = verdict(bundle.metadata, None, held_out(shift=2.0))
    assert ill.promoted
    assert "calibration: ECE" in ill.why
    assert verdict(bundle.metadata, None, None, broken=(Check("schema", passed=False, told="x"),)).refused


def test_the_same_configuration_goes_live_month_after_month(bundle: Bundle, champion: Metadata) -> None:
    said = verdict(bundle.metadata, champion, held_out())
    assert said.promoted
    assert "30 days more are known" in said.why
    assert verdict(bundle.metadata, champion, None).promoted


@pytest.mark.parametrize(
    ("noise", "customers", "promoted"),
    [(0.0, 4000, True), (0.15, 4000, True), (1.0, 4000, False), (0.3, 300, False), (0.3, 20_000, False)],
    ids=[
        "as good",
        "the same",
        "worse",
        "cannot be told apart",
        "surely worse",
    ],
)
def test_another_configuration_has_to_show_that_it_is_no_worse(
    bundle: Bundle,
    champion: Metadata,
    noise: float,
    customers: int,
    promoted: bool,  # noqa: FBT001
) -> None:
    other = replace(bundle.metadata, training=OTHER)
    theirs = held_out(customers, noise=0.15)
    said = verdict(other, champion, held_out(customers, noise=noise), theirs)
    assert said.promoted is promoted
    assert said.comparison is not None
    assert said.comparison.low <= said.comparison.difference <= said.comparison.high
    assert said.comparison.difference == pytest.approx(
        skill(held_out(customers, noise=noise)) - skill(theirs)
    )
    assert f"the same {customers:,} customers" in said.why


def test_a_better_one_wins_and_a_coin_does_not(bundle: Bundle, champion: Metadata) -> None:
    other = replace(bundle.metadata, training=OTHER)
    assert verdict(other, champion, held_out(), held_out(noise=0.8)).promoted
    coin = held_out(noise=5.0)
    said = verdict(other, champion, coin, held_out())
    assert said.refused
    assert "it is worse" in said.why
    assert [check.name for check in said.checks if not check.passed] == ["calibration", "comparison"]


def test_an_ill_calibrated_one_is_held_back_even_where_nothing_was_changed(
    bundle: Bundle, champion: Metadata
) -> None:
    said = verdict(bundle.metadata, champion, held_out(shift=1.0))
    assert said.refused
    assert said.why.startswith("calibration: ECE 0.")
    few = verdict(bundle.metadata, champion, held_out(60, shift=0.5))
    assert few.promoted, "what chance would do to a perfect model is not held against it"


def test_an_older_one_and_another_question_are_for_a_person(champion: Metadata) -> None:
    older = replace(champion, as_of=champion.as_of - timedelta(days=1))
    assert "already" in verdict(older, champion, held_out()).why
    for other in (
        replace(champion, training=replace(champion.training, horizon_days=30)),
        replace(champion, zone="Asia/Tokyo"),
        replace(champion, currency="JPY"),
    ):
        assert "another question" in verdict(other, champion, held_out()).why


def test_where_nothing_can_be_held_out_only_the_same_configuration_passes(
    bundle: Bundle, champion: Metadata
) -> None:
    other = replace(bundle.metadata, training=OTHER)
    assert "no moment can be held out" in verdict(other, champion, None, None).why


def test_a_whole_bundle_has_no_fault_and_each_fault_is_named(bundle: Bundle, champion: Metadata) -> None:
    tables = a_shop()
    snapshots, golden = Snapshots(tables), Golden.of(bundle)
    behaviour = snapshots.behaviour(MOMENT)
    draw = np.random.default_rng(1)
    seen = pd.DataFrame(
        {"churned": draw.random(len(behaviour)) < 0.5, "orders": 0.0, "revenue": 0.0},
        index=behaviour["customer_id"],
    )
    trial = Evaluation.of(seen, {}, moment=MOMENT, horizon_days=60, kind="out-of-time")
    checks = faults(bundle, golden, champion, trial, snapshots)
    assert [(check.name, check.passed) for check in checks] == [
        ("schema", True),
        ("golden scores", True),
        ("leakage", True),
    ]
    gone = (behaviour["days_since_last_order"] > behaviour["days_since_last_order"].median()).to_numpy()
    leaky = replace(trial, predictions=trial.predictions.assign(churned=gone.astype(float)))
    fewer = replace(champion, features=champion.features[5:])
    changed = {**golden.scores[0], "churn_probability": 0.123}
    other = replace(golden, scores=(changed, *golden.scores[1:]))
    failed = {check.name: check.told for check in faults(bundle, other, fewer, leaky, snapshots)}
    assert champion.features[0] in failed["schema"]
    assert failed["golden scores"].endswith(": churn_probability")
    assert "days_since_last_order" in failed["leakage"]


def test_golden_scores_survive_the_disk_and_show_a_changed_tree(bundle: Bundle) -> None:
    kept = Golden.from_json(Golden.of(bundle).to_json())
    assert kept.changed(bundle) == []
    assert {row["customer_id"] for row in kept.customers}.isdisjoint(
        a_shop().transactions.customer_id.execute()
    )
    assert bundle.learners is not None
    stack = replace(bundle.learners.churn.stack, intercept=1e-6)
    churn = replace(bundle.learners.churn, stack=stack)
    assert "churn_probability" in kept.changed(
        replace(bundle, learners=replace(bundle.learners, churn=churn))
    )
