"""Where a file begins, on shops whose beginning is known, and on the two real ones."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from features.sources import read_tables
from features.tables import DataConfig, Source, Tables
from tests.training.shops import START, evenly, shop
from training.acquisition import Acquisition, Beginning, acquisition_of
from training.arrivals import Arrivals
from training.choice import choose

ONLINE_RETAIL = Path(__file__).parents[3] / "shared" / "data" / "online_retail" / "transactions.parquet"
DAYS = 800
AS_OF = START + timedelta(days=DAYS - 1)


def acquisition_at(tables: Tables, as_of: date) -> Acquisition:
    return acquisition_of(Arrivals.of(tables, tables.first_day(as_of) or as_of, as_of))


def test_a_file_that_begins_in_mid_life_is_told() -> None:
    tables = shop(evenly(2_000, DAYS), DAYS, file_begins=400)
    told = acquisition_at(tables, AS_OF)
    assert told.beginning is Beginning.MID_LIFE
    assert "2022-02-05" in told.note


@pytest.mark.parametrize("shape", ["even", "growing"])
def test_a_file_that_begins_with_the_shop_is_not(shape: str) -> None:
    arrivals = evenly(2_000, DAYS)
    if shape == "growing":
        arrivals = (DAYS * np.sqrt(arrivals / DAYS)).astype(int)
    assert acquisition_at(shop(arrivals, DAYS), AS_OF).beginning is Beginning.NOTHING_NOTABLE


def test_customers_who_were_all_won_at_once_are_a_cohort() -> None:
    told = acquisition_at(shop(evenly(800, 84), DAYS), AS_OF)
    assert told.beginning is Beginning.ONE_COHORT
    assert "2021-01-01" in told.note


def test_cdnow_is_a_cohort_by_design(tables: Tables) -> None:
    as_of = date(1998, 3, 31)
    assert acquisition_at(tables, as_of).beginning is Beginning.ONE_COHORT
    notes = choose(tables, as_of, 91).notes
    assert any("1997-01-01 to 1997-03-25" in note for note in notes)
    assert any("cannot be told from growth" in note for note in notes)


@pytest.mark.skipif(not ONLINE_RETAIL.exists(), reason="shared/data is not beside the checkout")
def test_online_retail_begins_in_mid_life() -> None:
    tables = read_tables(DataConfig({"transactions": Source(str(ONLINE_RETAIL))}))
    for as_of in (date(2011, 2, 1), date(2011, 12, 9)):
        assert acquisition_at(tables, as_of).beginning is Beginning.MID_LIFE


def test_arrivals_add_up(tables: Tables) -> None:
    first_day, as_of = date(1997, 1, 1), date(1997, 12, 31)
    whole = Arrivals.of(tables, first_day, as_of)
    assert whole.first.sum() == 2357
    later = tables.transactions.filter(tables.transactions.day.between(date(1997, 7, 3), as_of)).to_pandas()
    assert whole.new_in_half.size == 182
    assert whole.new_in_half.sum() == later["customer_id"].nunique()
    assert (whole.first + whole.repeat)[-182:].sum() == len(later.groupby(["customer_id", "day"]))


@pytest.mark.parametrize("day", [0, 1, 2])
def test_a_file_of_a_day_or_two_is_not_judged(day: int) -> None:
    tables = shop(evenly(30, 3), 3)
    assert acquisition_at(tables, START + timedelta(days=day)).note == ""
