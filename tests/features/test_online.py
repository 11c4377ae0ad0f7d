"""A customer asked for alone, from rows in hand, equals the same customer in the batch."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from features.behaviour.past import past_of
from features.online import OnlineBehaviour
from features.reference import reference_at
from features.table import behaviour_table
from features.tables import Tables
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop, tables_of, with_cancellations

AS_OF = date(2024, 12, 31)


@pytest.fixture(scope="module")
def tables() -> Tables:
    shop = with_cancellations(made_up_shop(21, customers=12, rows=250), 3)
    return tables_of(shop, others=made_up_people(21, sorted(shop.customer_id.unique())))


@pytest.fixture(scope="module")
def online(tables: Tables) -> OnlineBehaviour:
    return OnlineBehaviour.like(tables)


def rows_of(tables: Tables, *customers: str) -> dict[str, pa.Table]:
    every = {"transactions": tables.transactions, **tables.optional}
    return {name: it.filter(it.customer_id.isin(customers)).to_pyarrow() for name, it in every.items()}


def assert_same(told: pd.DataFrame, expected: pa.Table) -> None:
    assert_frame_equal(
        told.assign(as_of=told.as_of.dt.date),
        expected.to_pandas().reset_index(drop=True),
        check_dtype=False,
        rtol=1e-9,
        atol=1e-9,
    )


def test_each_customer_alone_equals_the_batch(tables: Tables, online: OnlineBehaviour) -> None:
    reference = reference_at(tables, AS_OF)
    batch = behaviour_table(tables, AS_OF, reference).to_pyarrow()
    customers = batch["customer_id"].to_pylist()
    cancelled = past_of(tables).void.to_pyarrow()["customer_id"].to_pylist()
    assert len(customers) > 8
    assert len({*customers} & {*cancelled}) > 1
    given_back = set()
    for row, customer in enumerate(customers):
        given_back.add(batch["refund_total"][row].as_py() > 0)
        assert_same(online.at(AS_OF, reference, rows_of(tables, customer)), batch.slice(row, 1))
    assert given_back == {True, False}


def test_several_at_once_equal_the_batch_and_nothing_of_them_stays(
    tables: Tables, online: OnlineBehaviour
) -> None:
    reference = reference_at(tables, AS_OF)
    batch = behaviour_table(tables, AS_OF, reference).to_pyarrow()
    few = batch["customer_id"].to_pylist()[:4]
    told = online.at(AS_OF, reference, rows_of(tables, *few))
    assert_same(told, batch.slice(0, 4))
    assert online.at(AS_OF, reference, {}).empty


def test_a_failure_leaves_no_row_behind(tables: Tables, online: OnlineBehaviour) -> None:
    reference = reference_at(tables, AS_OF)
    rows = rows_of(tables, "yearly")
    broken = rows | {"surveys": rows["surveys"].drop_columns("score")}
    with pytest.raises(KeyError, match="score"):
        online.at(AS_OF, reference, broken)
    assert online.at(AS_OF, reference, {}).empty


def test_the_moment_is_asked_for_anew(tables: Tables, online: OnlineBehaviour) -> None:
    earlier = date(2024, 6, 30)
    reference = reference_at(tables, AS_OF)
    batch = behaviour_table(tables, earlier, reference).to_pyarrow()
    (row,) = [row for row, name in enumerate(batch["customer_id"].to_pylist()) if name == "yearly"]
    assert_same(online.at(earlier, reference, rows_of(tables, "yearly")), batch.slice(row, 1))


def test_however_often_it_is_asked_no_dead_rows_pile_up(tables: Tables, online: OnlineBehaviour) -> None:
    for _ in range(3):
        online.at(AS_OF, reference_at(tables, AS_OF), rows_of(tables, "c-003"))
    held = online._connection.execute("SELECT sum(estimated_size) FROM duckdb_tables()").fetchone()
    assert held == (0,)
