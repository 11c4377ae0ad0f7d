"""The population's cuts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from features.errors import NothingUsableError
from features.reference import Reference, reference_at, references_at
from features.table import behaviour_table
from tests.features.shop import made_up_shop, tables_of


def test_cuts_are_the_values_that_each_fifth_lies_at_or_below() -> None:
    days = [f"2024-01-{day:02d}" for day in range(1, 11)]
    rows = {"customer_id": [f"c-{day}" for day in days], "timestamp": days, "amount": [1] * 10}
    reference = reference_at(tables_of(pd.DataFrame(rows)), date(2024, 1, 10))
    assert reference == Reference(date(2024, 1, 10), 10, (1, 3, 5, 7), (1, 1, 1, 1))


def test_json_and_back() -> None:
    reference = Reference(date(2024, 2, 29), 7, (1, 2, 3, 5), (1, 1, 2, 9))
    seasonal = replace(reference, price_cuts=(0.5, 1.25, 2.0, 9.99), peak_weeks=(0, 46, 51))
    for one in (reference, seasonal):
        assert Reference.from_json(one.to_json()) == one
        assert Reference.from_json(one.to_json()).to_json() == one.to_json()


def test_price_cuts_are_quintiles_of_what_customers_pay_for_a_piece() -> None:
    rows = {
        "customer_id": [f"c-{n}" for n in range(6)],
        "timestamp": ["2024-01-01"] * 6,
        "amount": [10, 20, 30, 40, 50, -60],
        "quantity": [10, 10, 10, 10, 10, -10],
    }
    reference = reference_at(tables_of(pd.DataFrame(rows)), date(2024, 1, 10))
    assert reference.price_cuts == (1.8, 2.6, 3.4, 4.2)


def test_peak_weeks_take_a_year() -> None:
    days = [*pd.date_range("2024-01-01", "2024-12-31", freq="7D"), *pd.date_range("2024-11-25", periods=7)]
    rows = {"customer_id": [f"c-{n}" for n in range(len(days))], "timestamp": days, "amount": 1}
    tables = tables_of(pd.DataFrame(rows))
    assert [it.peak_weeks for it in references_at(tables, [date(2024, 12, 28), date(2024, 12, 29)])] == [
        (),
        (47,),
    ]


def test_many_moments_at_once_equal_each_alone() -> None:
    tables = tables_of(made_up_shop(seed=4))
    moments = [date(2024, 12, 31), date(2024, 2, 29), date(2024, 12, 31)]
    assert references_at(tables, moments) == [reference_at(tables, moment) for moment in moments]


def test_before_the_first_purchase_there_is_no_population() -> None:
    tables = tables_of(pd.DataFrame({"customer_id": ["c-7f"], "timestamp": ["2024-01-02"], "amount": [1]}))
    with pytest.raises(NothingUsableError, match="2024-01-01"):
        references_at(tables, [date(2024, 1, 2), date(2024, 1, 1)])


def test_one_customer_alone_equals_the_same_in_the_batch() -> None:
    shop = made_up_shop(seed=6)
    as_of = date(2024, 12, 31)
    batch = tables_of(shop)
    reference = reference_at(batch, as_of)
    rows = behaviour_table(batch, as_of, reference).to_pyarrow().to_pylist()
    alone = tables_of(shop[shop.customer_id == rows[3]["customer_id"]])
    again = behaviour_table(alone, as_of, Reference.from_json(reference.to_json())).to_pyarrow().to_pylist()
    assert again == [rows[3]]
