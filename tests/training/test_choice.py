"""Which model is picked: on customers drawn from a model, on real ones, and where nothing can be told."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from training.choice import Choice, choose
from training.errors import ConvergenceError
from training.fit import valuation
from training.models.bgnbd import BGNBD
from training.models.paretonbd import ParetoNBD
from training.models.value import FAMILIES, ValueModel
from training.snapshots import Snapshots
from training.stretches import held_out, held_out_windows
from training.trial import Trial, tried

START, DAYS = date(2023, 1, 2), 540


def shop(customers: int = 2_500) -> Tables:
    """Return customers who leave at any time, also after their first purchase (Pareto/NBD's own)."""
    rng = np.random.default_rng(11)
    arrival = rng.integers(0, 330, customers)
    gone = arrival + rng.pareto(0.9, customers) * 60
    rows = []
    for i in rng.permutation(customers):
        rate, clock = rng.gamma(0.9) / 25, float(arrival[i])
        while clock < min(DAYS, gone[i]):
            rows.append((f"c-{i:04x}", START + timedelta(days=int(clock)), round(rng.gamma(5) * 6, 2)))
            clock += rng.exponential(1 / rate)
    frame = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    return tables_from_frame(frame.assign(timestamp=pd.to_datetime(frame["timestamp"])))


@pytest.fixture(scope="module")
def tables() -> Tables:
    return shop()


@pytest.fixture(scope="module")
def choice(tables: Tables) -> Choice:
    return choose(tables, START + timedelta(days=DAYS - 1), 90)


def test_customers_who_leave_before_they_come_back_are_not_followed_by_bgnbd(choice: Choice) -> None:
    told = {candidate.name: candidate for candidate in choice.candidates}
    assert list(told) == list(FAMILIES)
    assert choice.picked != "bgnbd"
    assert told[choice.picked].weight == sum(candidate.weight for candidate in choice.candidates) == 1.0
    best = max(candidate.log_likelihood for candidate in choice.candidates)
    assert told["bgnbd"].log_likelihood < best - 20
    assert choice.title in choice.why


def test_the_intervals_hold_their_share_of_the_held_out_customers(choice: Choice) -> None:
    picked = next(candidate for candidate in choice.candidates if candidate.name == choice.picked)
    assert picked.coverage_80_purchases >= 0.8
    assert 0.8 <= picked.coverage_80_value <= 0.95
    assert picked.gini > 0.5
    assert picked.tracking_error < 0.1


def test_stretches_lie_side_by_side_and_the_worst_is_told(choice: Choice) -> None:
    assert len(choice.held_out) == 4
    for newer, older in zip(choice.held_out, choice.held_out[1:], strict=False):
        assert newer.first_day - older.last_day == timedelta(days=1)
    assert choice.held_out[-1].season == "Q3 2023"
    assert choice.worst is not None
    assert abs(choice.worst.bias) == max(abs(stretch.bias) for stretch in choice.held_out)
    assert choice.moment == choice.held_out[0].first_day - timedelta(days=1)


def test_a_choice_survives_json(choice: Choice) -> None:
    assert Choice.from_dict(json.loads(json.dumps(choice.to_dict()))) == choice


def test_what_came_later_changes_nothing(tables: Tables) -> None:
    as_of = START + timedelta(days=300)
    known = tables_from_frame(
        tables.transactions.filter(tables.transactions.day <= as_of)
        .select("customer_id", "timestamp", "amount")
        .to_pandas()
    )
    assert choose(tables, as_of, 180).to_dict() == choose(known, as_of, 180).to_dict()


def test_a_history_too_short_for_any_stretch_leaves_the_simplest(tables: Tables) -> None:
    choice = choose(tables, START + timedelta(days=12), 90)
    assert (choice.picked, choice.moment, choice.worst) == ("bgnbd", None, None)
    assert "too short" in choice.why
    assert Choice.from_dict(json.loads(json.dumps(choice.to_dict()))) == choice


def test_too_few_customers_are_told_in_every_row() -> None:
    days = pd.to_datetime([START + timedelta(days=40 * i) for i in range(5)])
    few = tables_from_frame(
        pd.DataFrame({"customer_id": [f"n-{i}" for i in range(5)], "timestamp": days, "amount": 5.0})
    )
    choice = choose(few, START + timedelta(days=160), 30)
    assert choice.picked == "bgnbd"
    assert all("too few" in candidate.note for candidate in choice.candidates)


def test_a_stretch_is_what_the_customers_known_before_it_did(tables: Tables) -> None:
    as_of = START + timedelta(days=DAYS - 1)
    (stretch, *_) = held_out(tables, held_out_windows(START, as_of, 90), first_day=START, known_by=as_of)
    assert stretch.daily.sum() == stretch.orders.sum()
    assert stretch.daily.size == 90
    assert (stretch.revenue[stretch.orders == 0] == 0).all()
    value = ValueModel.fit(stretch.customers, ParetoNBD)
    log_likelihood = np.log(
        value.orders.purchase_count_pmf(stretch.orders, 90, *value.history(stretch.customers))
    )
    (trial,) = (told for told in [tried(ParetoNBD, [stretch])] for told in told if isinstance(told, Trial))
    np.testing.assert_allclose(trial.log_likelihoods, log_likelihood)


@pytest.mark.parametrize("name", list(FAMILIES))
def test_a_value_model_of_any_family_survives_json(tables: Tables, name: str) -> None:
    as_of = START + timedelta(days=300)
    (stretch,) = held_out(tables, held_out_windows(START, as_of, 150), first_day=START, known_by=as_of)
    value = ValueModel.fit(stretch.customers, FAMILIES[name])
    assert ValueModel.from_dict(json.loads(json.dumps(value.to_dict()))) == value
    assert type(value.refitted(stretch.customers).orders) is FAMILIES[name]
    assert (value.orders.NAME == "bgnbd") == isinstance(value.orders, BGNBD)


def test_where_the_picked_model_does_not_settle_the_simplest_that_does_takes_its_place(
    tables: Tables, choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = START + timedelta(days=DAYS - 1)
    behaviour = Snapshots(tables).behaviour(moment)

    def restless(*_: object) -> None:
        raise ConvergenceError("It did not settle.", mend="")

    monkeypatch.setattr(FAMILIES[choice.picked], "fit", restless)
    value, settled = valuation(tables, moment, behaviour, choice)
    other = next(name for name in FAMILIES if name != choice.picked)
    assert isinstance(value, ValueModel)
    assert value.orders.NAME == settled.picked == other
    assert f"{choice.title} was picked, and did not settle" in settled.why
    assert [one.name for one in settled.candidates if one.weight] == [other]
