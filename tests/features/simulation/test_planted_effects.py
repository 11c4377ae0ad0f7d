"""The effects that are planted in a made-up shop, recovered from what the pipeline makes of its files."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.optimize import brentq

from features.effects import Effect, difference_of_shares
from features.labels import outcomes_in, outcomes_panel
from features.reference import reference_at
from features.simulation import ZONE, Effects, World, simulate
from features.sources import read_tables
from features.table import behaviour_table
from features.tables import DataConfig, Rules, Source
from features.window import Window
from tests.features.simulation.observed import Floats, Observed, hazard_ratios

WORLD = World(2500, seed=12)
READ = ("transactions", "customers", "interactions", "surveys", "treatments")
TROUBLE = ("customer_id", "days_since_last_order", "days_since_last_answer", "nps_detractor")
ERRORS = 3.5  # standard errors that an estimate may lie off


def observe(world: World, folder: Path, names: tuple[str, ...] = READ) -> Observed:
    shop = simulate(world)
    for name in names:
        pq.write_table(shop.tables[name], folder / f"{name}.parquet")
    sources = {name: Source(str(folder / f"{name}.parquet")) for name in names}
    # Returned orders were orders: for the rates, that they came back does not matter.
    config = DataConfig(sources, zone=ZONE, rules=Rules(cancelled_orders="keep"))
    return Observed(world, shop, read_tables(config))


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Observed:
    return observe(WORLD, tmp_path_factory.mktemp("shop"))


def test_slow_answers_and_detractors_raise_the_hazard_by_what_was_planted(seen: Observed) -> None:
    effects = WORLD.effects
    planted = np.log([effects.slow_answer_hazard_ratio, effects.detractor_hazard_ratio])
    found, errors = hazard_ratios(seen)
    assert (np.abs(found - planted) < ERRORS * errors).all()
    assert (found > ERRORS * errors).all()


def test_where_nothing_is_planted_nothing_is_found(tmp_path: Path) -> None:
    nothing = Effects(slow_answer_hazard_ratio=1.0, detractor_hazard_ratio=1.0)
    world = replace(WORLD, customers=800, effects=nothing)
    found, errors = hazard_ratios(
        observe(world, tmp_path, ("transactions", "interactions", "surveys", "treatments"))
    )
    assert (np.abs(found) < ERRORS * errors).all()


def test_the_season_is_the_planted_one(seen: Observed) -> None:
    """Orders while they surely live (up to the last one) against the rates without a season, by the month."""
    season = WORLD.season()[: seen.last + 1]
    days = np.arange(seen.last + 1)
    left = seen.days(seen.truth["left_on"].fillna(WORLD.as_of + timedelta(days=99)))
    joined = seen.truth["joined_day"].to_numpy()
    alive = (days > joined[:, None]) & (days < left[:, None])
    rates = np.where(alive, seen.rate / season, 0)
    month = pd.DatetimeIndex(WORLD.dates[: seen.last + 1]).month.to_numpy()
    for number, planted in enumerate(WORLD.effects.season_by_month, start=1):
        inside = month == number
        orders = (seen.bought & alive)[:, inside].sum()
        found = factor_for(orders, rates[:, inside])
        assert found == pytest.approx(planted, abs=ERRORS * planted / np.sqrt(orders))


def factor_for(orders: int, rates: Floats) -> float:
    """Return by what the daily ``rates`` are to be multiplied for so many days with an order."""
    factor: float = brentq(lambda factor: (1 - np.exp(-factor * rates)).sum() - orders, 0.1, 9)
    return factor


def test_offers_sent_by_lot_bring_as_many_more_orders_as_was_planted(seen: Observed) -> None:
    """The randomised difference, by the outcomes of the four weeks after each campaign."""
    days = WORLD.effects.offer_days
    sent = seen.rows("treatments")
    sent = sent.assign(as_of=pd.to_datetime(sent["sent_day"]))
    sent = sent[sent["randomised"] & (sent["as_of"] <= pd.Timestamp(WORLD.as_of) - pd.Timedelta(days=days))]
    moments = [moment.date() for moment in sorted(sent["as_of"].unique())]
    outcomes = outcomes_panel(seen.tables, [Window(moment, days) for moment in moments]).to_pandas()
    both = sent.merge(outcomes.assign(as_of=pd.to_datetime(outcomes["as_of"])), on=["customer_id", "as_of"])
    orders = both.groupby("arm")["orders"].agg(["mean", "sem"])
    control = orders.loc["control"]
    for arm, planted in WORLD.effects.offer_rate_ratio.items():
        ratio = orders.loc[arm, "mean"] / control["mean"]
        error = ratio * np.hypot(
            orders.loc[arm, "sem"] / orders.loc[arm, "mean"], control["sem"] / control["mean"]
        )
        assert ratio == pytest.approx(planted, abs=ERRORS * error)
        assert ratio - ERRORS * error > 1


def test_by_the_behaviour_table_detractors_and_those_from_the_marketplace_leave(seen: Observed) -> None:
    window = Window(WORLD.as_of - timedelta(days=91), 91)
    table = behaviour_table(seen.tables, window.as_of, reference_at(seen.tables, window.as_of))
    outcomes = outcomes_in(seen.tables, window).to_pandas()[["customer_id", "churned"]]
    both = table.select(*TROUBLE).to_pandas().merge(outcomes, on="customer_id")
    active = both[both["days_since_last_order"] < 365].merge(seen.rows("customers"), on="customer_id")
    recent = active[active["days_since_last_order"] < 60]
    answered = recent[recent["nps_detractor"].notna() & (recent["days_since_last_answer"] < 60)]
    assert leaving(answered, answered["nps_detractor"] == 1).low > 0
    pair = active[active["acquisition_channel"].isin(["marketplace", "referral"])]
    assert leaving(pair, pair["acquisition_channel"] == "marketplace").low > 0
    assert leaving(active, active["newsletter"] == "yes").least == 0


def leaving(rows: pd.DataFrame, of: pd.Series) -> Effect:
    """Return how much more often those rows end with a churned customer than the others."""
    churned, others = rows["churned"][of], rows["churned"][~of]
    return difference_of_shares(int(churned.sum()), len(churned), int(others.sum()), len(others))
