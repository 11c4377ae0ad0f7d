from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import Table, func, select

from serving import tables
from serving.background import Background, Document
from serving.listing import AtRiskFilter, SegmentFilter
from serving.population import TotalsOfLate, segment_totals
from serving.retention import Retention
from serving.store import Store
from tests.serving.frames import run_info, shop

KNOWN = Background(
    attributes=pd.DataFrame(
        {
            "customer_id": ["c-7f", "00123", "nobody", "a/b/score"],
            "country": ["JP", "JP", "JP", None],
            "prefecture": ["東京都", "x" * 201, "大阪府", "nul\0"],
        }
    ),
    documents={Document.REFUSED_ROWS: {"no_amount": 3}},
)


def rows_of(store: Store, table: Table) -> int:
    with store.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_attributes_are_kept_of_the_customers_that_are_scored(store: Store) -> None:
    store.publish(*shop(), run=run_info(), background=KNOWN)
    kept = tables.customer_attributes.c
    with store.database.read() as connection:
        rows = connection.execute(select(kept.name, kept.value, kept.customer_id)).all()
    assert {tuple(row) for row in rows} == {
        ("country", "JP", "c-7f"),
        ("country", "JP", "00123"),
        ("prefecture", "東京都", "c-7f"),
    }


def test_what_lies_beside_the_scores_goes_with_them(store: Store) -> None:
    store.publish(*shop(), run=run_info("run-1"), background=KNOWN)
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"), background=KNOWN)
    assert rows_of(store, tables.customer_attributes) == 6
    assert rows_of(store, tables.run_documents) == 4
    store.prune(Retention(keep_runs=1))
    assert rows_of(store, tables.customer_attributes) == 3
    assert rows_of(store, tables.run_documents) == 2


def test_lists_and_segments_are_asked_for_in_sql_of_both_kinds(store: Store) -> None:
    scores, behaviour = shop()
    scores["score_status"] = "eligible"
    store.publish(scores, behaviour, run=run_info(), background=KNOWN)
    japanese = AtRiskFilter(attributes=(("country", "JP"),))
    assert {score["customer_id"] for score in store.at_risk(japanese)} == {"c-7f", "00123"}
    assert store.at_risk(AtRiskFilter(attributes=(("country", "JP"), ("prefecture", "大阪府")))) == []
    totals = {one.segment: one for one in segment_totals(store.database, "run-1")}
    assert sum(one.customers for one in totals.values()) == len(scores)
    champions = scores[scores["segment"] == "Champions"]
    assert totals["Champions"].predicted_clv == pytest.approx(champions["predicted_clv"].sum())
    assert totals["New"].mean_churn_probability is None
    listed = store.segment_customers(SegmentFilter("Champions"), after=None, run_id="run-1", limit=100)
    assert [one["customer_id"] for one in listed] == sorted(champions["customer_id"], key=str.encode)


def test_segments_are_counted_once_a_minute(store: Store) -> None:
    store.publish(*shop(), run=run_info())
    totals = TotalsOfLate(store.database)
    first = totals.of("run-1")
    assert totals.of("run-1") is first
    assert sum(one.customers for one in totals.of("no such run")) == 0
    assert totals.of("run-1") == first
