"""A planted season is found, none where there is none; and time on its clock is coherent."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.tables import Tables
from tests.training.shops import DECEMBER, START, evenly, shop
from training.arrivals import Arrivals
from training.bundle import Bundle
from training.config import TrainingConfig
from training.fit import fit
from training.models.triples import History
from training.models.value import FAMILIES, ValueModel
from training.panel import Method
from training.policy import Policy
from training.season import Season
from training.seasonality import Rhythm, rhythm_at
from training.stretches import held_out, held_out_windows, known_customers

DAYS = 3 * 365
AS_OF = START + timedelta(days=DAYS - 1)


@cache
def december_shop() -> Tables:
    return shop(evenly(2_500, DAYS), DAYS, pace=DECEMBER)


def rhythm_in(tables: Tables, as_of: date) -> Rhythm:
    return rhythm_at(tables, Arrivals.of(tables, START, as_of), as_of)


def test_a_planted_season_is_recovered() -> None:
    rhythm = rhythm_in(december_shop(), AS_OF)
    assert rhythm.season is not None
    planted = np.array(DECEMBER) / np.mean(DECEMBER)
    np.testing.assert_allclose(rhythm.season.months, planted, rtol=0.15)
    assert "December" in rhythm.note


@pytest.mark.parametrize("seed", [3, 8])
def test_no_season_is_seen_where_there_is_none(seed: int) -> None:
    rhythm = rhythm_in(shop(evenly(2_500, DAYS), DAYS, seed=seed), AS_OF)
    assert rhythm.season is None
    assert "beyond chance" in rhythm.note


def test_growth_is_no_season() -> None:
    growing = (DAYS * np.sqrt(np.random.default_rng(1).random(2_500))).astype(int)
    assert rhythm_in(shop(growing, DAYS), AS_OF).season is None


def test_one_december_is_not_told_from_growth() -> None:
    tables = december_shop()
    rhythm = rhythm_in(tables, START + timedelta(days=600))
    assert rhythm.season is None
    assert "cannot be told from growth" in rhythm.note


def test_the_season_is_worth_having_before_a_december() -> None:
    tables = december_shop()
    (stretch,) = held_out(tables, held_out_windows(START, AS_OF, 45)[:1], first_day=START, known_by=AS_OF)
    assert stretch.season is not None
    level, seasoned = (
        ValueModel.fit(stretch.customers, season=season).expected_orders(stretch.customers, 45).sum()
        for season in (None, stretch.season)
    )
    came = stretch.orders.sum()
    assert level < 0.75 * came
    assert seasoned == pytest.approx(came, rel=0.15)


def test_a_bundle_carries_the_season_says_so_and_stays_coherent(tmp_path: Path) -> None:
    tables, config = december_shop(), TrainingConfig(365)
    fitted = fit(tables, AS_OF, config, Policy(), method=Method.LIFETIME_VALUE_ONLY)
    assert fitted.choice.season is not None
    assert any("December" in note for note in fitted.metadata.notes)
    fitted.save(tmp_path / "model")
    bundle = Bundle.load(tmp_path / "model")
    assert (bundle.choice, bundle.value) == (fitted.choice, fitted.value)
    scores = bundle.score(tables, AS_OF)
    assert (scores["predicted_clv_low"] <= scores["predicted_clv"] + 1e-9).all()
    assert (scores["predicted_clv"] <= scores["predicted_clv_high"] + 1e-9).all()
    assert (scores["predicted_number_of_orders"] >= 1 - scores["churn_probability"] - 0.01).all()
    behaviour = bundle.behaviour(tables, AS_OF)
    assert all(bundle.reasons(behaviour.head(3)))
    alone = bundle.score_table(behaviour.iloc[[7]], AS_OF)
    assert alone["predicted_clv"].iloc[0] == pytest.approx(scores["predicted_clv"].iloc[7])


def test_a_year_on_the_clock_is_a_year() -> None:
    season = Season(DECEMBER)
    mean = np.average(DECEMBER, weights=[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    moments = pd.DatetimeIndex(["2022-06-30"])
    assert season.ahead(moments, 365) == pytest.approx(365 * mean)
    assert season.ahead(moments, 0) == 0.0


def test_histories_and_waits_are_read_off_the_same_clock() -> None:
    season = Season(DECEMBER)
    moments = pd.DatetimeIndex(["2022-12-31", "2022-12-31", "2023-06-30"])
    seen = History(np.array([1.0, 0.0, 2.0]), np.array([31.0, 0.0, 10.0]), np.array([31.0, 31.0, 40.0]))
    told = season.history(moments, seen)
    assert told.T[0] == pytest.approx(31 * 1.9)
    assert told.t_x[0] == told.T[0]
    assert (told.t_x == 0).tolist() == (seen.x == 0).tolist()
    ahead = np.asarray(season.ahead(moments, 50))
    np.testing.assert_allclose(season.days_until(moments, ahead), 50)
    assert np.isinf(season.days_until(moments[:1], np.array([1e6]))).all()


def test_no_order_and_orders_agree_whatever_the_season() -> None:
    customers = known_customers(shop(evenly(300, 180), 200), date(2021, 7, 19))
    value = ValueModel.fit(customers, FAMILIES["bgnbd"], Season(DECEMBER))
    for days in (30, 365):
        some = 1 - value.probability_no_order(customers, days)
        assert (value.expected_orders(customers, days) >= some - 1e-9).all()
    assert ValueModel.from_dict(value.to_dict()) == value
    summer, winter = (
        value.expected_orders(customers.assign(as_of=pd.Timestamp(day)), 30).sum()
        for day in ("2021-07-19", "2021-11-30")
    )
    assert winter > 1.5 * summer
