"""What makes a backtest say less than it seems to: found where it was put, and nowhere else."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from tests.training.shops import START, evenly, shop
from training.config import TrainingConfig
from training.fit import fit
from training.panel import Method
from training.policy import Policy
from training.soundness import Finding, findings

DAYS = 240
AS_OF = START + timedelta(days=DAYS - 1)
PLAIN = pd.DataFrame({"gross_spend": np.linspace(10, 200, 300)})


def found(tables: Tables, behaviour: pd.DataFrame = PLAIN, as_of: date = AS_OF) -> dict[str, Finding]:
    newest_end = tables.last_day(as_of) or as_of
    told = findings(tables, as_of, behaviour, newest_end)
    assert all(one.text.endswith(".") and one.text_ja.endswith("。") for one in told)
    return {one.code: one for one in told}


@pytest.fixture(scope="module")
def steady() -> Tables:
    return shop(evenly(300, DAYS), DAYS)


def test_a_steady_shop_is_found_sound(steady: Tables) -> None:
    assert found(steady) == {}


def test_data_that_end_before_the_moment_are_immature(steady: Tables) -> None:
    told = found(steady, as_of=AS_OF + timedelta(days=30))
    assert "30 days before" in told["immature_window"].text


def test_a_last_week_that_is_not_all_there_is_told() -> None:
    whole = shop(evenly(300, DAYS), DAYS).transactions.to_pandas()
    day = pd.to_datetime(whole["day"])
    last = day > pd.Timestamp(AS_OF) - pd.Timedelta(days=7)
    kept = whole[~last | (np.arange(len(whole)) % 12 == 0) | (day == day.max())]
    told = found(tables_from_frame(kept[["customer_id", "timestamp", "amount"]].reset_index(drop=True)))
    assert "cut before all of them were in" in told["immature_window"].text


def test_rows_that_come_in_late_leave_the_newest_outcome_open() -> None:
    rows = shop(evenly(300, DAYS), DAYS).transactions.to_pandas()[["customer_id", "timestamp", "amount"]]
    late = np.where(np.arange(len(rows)) % 10 == 0, 20, 1)
    rows["known_at"] = rows["timestamp"] + pd.to_timedelta(late, unit="D")
    assert "20 days late" in found(tables_from_frame(rows))["immature_window"].text


def test_one_cohort_and_a_file_that_begins_in_mid_life_are_told() -> None:
    assert "one acquisition cohort" in found(shop(evenly(300, 30), DAYS))["one_cohort"].text
    old = shop(evenly(900, 600), 600, file_begins=300)
    assert "mid-life" in found(old, as_of=START + timedelta(days=599))["mid_life"].text


def test_wholesale_customers_are_told_where_the_money_hangs_on_them(steady: Tables) -> None:
    spend = np.append(np.full(298, 100.0), [10_000.0, 12_000.0])
    told = found(steady, pd.DataFrame({"gross_spend": spend}))["wholesale"]
    assert "2 customers of 300" in told.text
    assert "42%" in told.text
    small = np.append(np.full(29_998, 100.0), [10_000.0, 12_000.0])
    assert found(steady, pd.DataFrame({"gross_spend": small})) == {}


def test_a_model_tells_of_wholesale_customers_too() -> None:
    rows = shop(evenly(60, 40), 40).transactions.to_pandas()[["customer_id", "timestamp", "amount"]]
    rows.loc[rows["customer_id"] == rows["customer_id"].iloc[0], "amount"] = 90_000
    config = TrainingConfig(horizon_days=30)
    as_of = START + timedelta(days=39)
    bundle = fit(tables_from_frame(rows), as_of, config, Policy(), method=Method.LIFETIME_VALUE_ONLY)
    assert [note for note in bundle.metadata.notes if note.startswith("1 customer of 60 ")]
