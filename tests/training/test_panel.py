from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.reference import reference_at
from features.table import behaviour_table
from features.tables import Tables
from tests.training.conftest import AS_OF, CONFIG
from training.config import TrainingConfig
from training.frames import as_frame
from training.panel import (
    Method,
    Panel,
    build_panel,
    disjoint_moments,
    lead_days,
    method_for,
    past_moments,
)
from training.snapshots import Snapshots

FIRST_DAY = date(1997, 1, 1)
EVERY_DAY = [FIRST_DAY + timedelta(days=n) for n in range((AS_OF - FIRST_DAY).days + 1)]


@pytest.mark.parametrize(
    ("as_of", "horizon_days", "method"),
    [
        (date(1997, 9, 30), 273, Method.SHORTER_HORIZON),
        (date(1997, 9, 30), 150, Method.CROSS_FITTED),
        (date(1997, 9, 30), 60, Method.OUT_OF_TIME),
        (date(1998, 3, 31), 91, Method.OUT_OF_TIME),
        (date(1997, 1, 1), 1, Method.LIFETIME_VALUE_ONLY),
    ],
)
def test_history_decides_the_method(as_of: date, horizon_days: int, method: Method) -> None:
    assert method_for(FIRST_DAY, as_of, horizon_days) is method


def test_every_outcome_of_the_panel_is_over_and_every_moment_has_a_past() -> None:
    moments = past_moments(EVERY_DAY, CONFIG)
    assert moments == sorted(moments, reverse=True)
    assert all(moment + timedelta(days=CONFIG.horizon_days) <= AS_OF for moment in moments)
    assert all((moment - FIRST_DAY).days >= lead_days(CONFIG.horizon_days) for moment in moments)


@pytest.mark.parametrize("horizon_days", [7, 28, 91, 100])
def test_a_trial_a_horizon_back_looks_at_the_moments_of_the_fit_though_the_shop_has_days_off(
    horizon_days: int,
) -> None:
    config = TrainingConfig(horizon_days)
    days = [day for day in EVERY_DAY if day.weekday() < 5]
    moments = past_moments(days, config)
    first, second, *_ = disjoint_moments(days, horizon_days)
    assert moments[0] == first
    between = moments.index(second)
    then = past_moments([day for day in days if day <= first], config)
    assert moments[between:] == then[: len(moments) - between]


def test_a_training_row_is_the_row_that_would_have_been_served(tables: Tables) -> None:
    moment = date(1997, 12, 30)
    trained = (
        build_panel(Snapshots(tables), [moment, date(1997, 9, 30)], 91, known_by=AS_OF)
        .at([moment])
        .inputs.droplevel("as_of")
    )
    served = as_frame(behaviour_table(tables, moment, reference_at(tables, moment)))
    pd.testing.assert_frame_equal(trained, served.set_index("customer_id").drop(columns="as_of"))


def test_sampling_keeps_the_order_and_prefers_the_newer_moments() -> None:
    days = pd.to_datetime([date(2024, 1, 1), date(2024, 4, 1)])
    index = pd.MultiIndex.from_product(
        [days, [f"k{i:04}" for i in range(1000)]], names=["as_of", "customer_id"]
    )
    panel = Panel(pd.DataFrame({"x": np.arange(2000)}, index=index), pd.DataFrame(index=index))
    drawn = panel.sample(900, 91, seed=1).inputs
    assert len(drawn) == 900
    assert drawn["x"].is_monotonic_increasing
    newer, older = (len(drawn.xs(day, level="as_of")) for day in reversed(days))
    assert 1.5 < newer / older < 2.7
    pd.testing.assert_frame_equal(drawn, panel.sample(900, 91, seed=1).inputs)


def test_moments_where_everybody_did_the_same_teach_nothing(tables: Tables) -> None:
    assert build_panel(Snapshots(tables), [date(1997, 1, 2)], 91, known_by=AS_OF).moments == []
