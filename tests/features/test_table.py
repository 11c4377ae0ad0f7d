"""The behaviour table against an independent oracle, and its shape."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.reference import reference_at, references_at
from features.table import behaviour_panel, behaviour_table
from features.tables import Tables
from tests.features.oracle import recomputed
from tests.features.shop import made_up_shop, tables_of, with_cancellations

MOMENTS = (date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 1), date(2024, 12, 31), date(2025, 3, 10))
FAMILIES = {"purchases", "rhythm", "basket", "returns", "season"}
NAMES = [feature.name for feature in CATALOGUE if feature.family in FAMILIES]
OTHERS = [feature.name for feature in CATALOGUE if feature.family not in FAMILIES]


@pytest.fixture(scope="module", params=["one clock", "two clocks"])
def tables(request: pytest.FixtureRequest) -> Tables:
    shop = with_cancellations(made_up_shop(seed=7), seed=7)
    return tables_of(shop if request.param == "two clocks" else shop.drop(columns="known_at"))


def test_every_feature_equals_the_oracle(tables: Tables) -> None:
    references = references_at(tables, MOMENTS)
    panel = behaviour_panel(tables, references).to_pandas()
    for reference in references:
        table = panel[panel.as_of == reference.as_of].reset_index(drop=True)
        expected = recomputed(tables, reference.as_of, reference)
        assert sorted(expected.columns) == sorted(["customer_id", *NAMES])
        assert table.customer_id.tolist() == expected.customer_id.tolist()
        pd.testing.assert_frame_equal(
            table[NAMES].astype(float), expected[NAMES].astype(float), rtol=1e-6, atol=1e-6
        )


@pytest.mark.parametrize("at_a_time", [1, 50, 1_000], ids=["one by one", "some", "all"])
def test_a_panel_equals_its_moments(tables: Tables, at_a_time: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.table.CUSTOMERS_AT_A_TIME", at_a_time)
    references = references_at(tables, MOMENTS)
    panel = behaviour_panel(tables, references[::-1]).to_pylist()
    moments = [behaviour_table(tables, it.as_of, it).to_pyarrow().to_pylist() for it in references]
    assert panel == [row for moment in moments for row in moment]


def test_a_panel_of_two_equals_its_moments(tables: Tables) -> None:
    references = references_at(tables, MOMENTS[:2])
    panel = behaviour_panel(tables, references).to_pylist()
    moments = [behaviour_table(tables, it.as_of, it).to_pyarrow().to_pylist() for it in references]
    assert panel == [row for moment in moments for row in moment]


def test_what_a_panel_borrows_is_gone_afterwards(tables: Tables) -> None:
    behaviour_panel(tables, references_at(tables, MOMENTS))
    standing = tables.connection.list_tables()
    assert [name for name in standing if name.startswith(("running_kinds", "unsteady"))] == []


def test_the_shop_exercises_every_feature(tables: Tables) -> None:
    table = behaviour_panel(tables, references_at(tables, MOMENTS)).to_pandas()
    flags = {feature.name for feature in CATALOGUE if feature.unit == "flag"}
    assert [name for name in NAMES if table[name].nunique() < (2 if name in flags else 3)] == []


def test_columns_are_keys_then_the_catalogue_and_numbers(tables: Tables) -> None:
    schema = behaviour_table(tables, MOMENTS[-1], reference_at(tables, MOMENTS[-1])).schema()
    assert list(schema.names) == ["customer_id", "as_of", *(feature.name for feature in CATALOGUE)]
    assert {str(kind) for name, kind in schema.items() if name in NAMES} == {"int64", "float64"}


def test_without_its_table_a_family_is_null(tables: Tables) -> None:
    table = behaviour_table(tables, MOMENTS[-1], reference_at(tables, MOMENTS[-1])).to_pandas()
    assert table[OTHERS].isna().all(axis=None)
    assert set(table[OTHERS].dtypes.astype(str)) == {"float64"}


def test_the_same_rows_in_any_order_give_the_same_bits() -> None:
    shop = made_up_shop(seed=3)
    tables = [tables_of(rows) for rows in (shop, shop.sample(frac=1.0, random_state=1), shop)]
    as_of = MOMENTS[-1]
    first, *others = (behaviour_table(it, as_of, reference_at(it, as_of)).to_pyarrow() for it in tables)
    assert all(other.equals(first) for other in others)


def test_missing_is_null_and_never_zero() -> None:
    rows = {"customer_id": ["solo"], "timestamp": ["2024-02-29"], "amount": [0]}
    tables = tables_of(pd.DataFrame(rows))
    as_of = date(2024, 2, 29)
    (row,) = behaviour_table(tables, as_of, reference_at(tables, as_of)).to_pyarrow().to_pylist()
    assert (row["orders"], row["paid_orders"], row["gross_spend"], row["days_since_last_order"]) == (
        1,
        0,
        0.0,
        0,
    )
    missing = {
        "mean_order_value",
        "max_order_value",
        "order_value_spread",
        "refund_share",
        "refund_share_364d",
        "days_since_last_refund",
        "orders_trend",
        "spend_trend",
        "days_since_second_last_order",
        "days_since_third_last_order",
        "orders_per_year",
        "favourite_weekday_share",
        "evening_share",
        "last_to_mean_lines",
        "lines_trend",
        "season_concentration",
        "days_to_usual_season",
        "once_a_year",
        "month_order_share",
        "peak_order_share",
        "days_since_peak_order",
    }
    gaps = {name for name in NAMES if "gap" in name or "year_ago" in name or name.startswith("lateness")}
    unrecorded = {feature.name for feature in CATALOGUE if not tables.there.issuperset(feature.needs)}
    assert {name for name in NAMES if row[name] is None} == missing | gaps | (unrecorded & set(NAMES))


def test_a_refund_alone_makes_no_customer() -> None:
    rows = {"customer_id": ["back", "c-7f"], "timestamp": ["2024-02-01", "2024-02-02"], "amount": [-5, 5]}
    tables = tables_of(pd.DataFrame(rows))
    as_of = date(2024, 2, 29)
    table = behaviour_table(tables, as_of, reference_at(tables, as_of)).to_pandas()
    assert table.customer_id.tolist() == ["c-7f"]
