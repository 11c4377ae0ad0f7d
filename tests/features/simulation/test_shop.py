from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.contract import CONTRACT
from features.simulation import ZONE, Shop, World, simulate
from features.sources import tables_from_frame

WORLD = World(400, seed=5)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate(WORLD)


def written(shop: Shop, folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    for name, table in {**shop.tables, "truth": shop.truth}.items():
        pq.write_table(table, folder / name)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_seed_gives_one_shop_byte_for_byte_and_another_seed_another(shop: Shop, tmp_path: Path) -> None:
    first = written(shop, tmp_path / "first")
    assert written(simulate(WORLD), tmp_path / "second") == first
    other = written(simulate(World(400, seed=6)), tmp_path / "other")
    assert all(other[name] != first[name] for name in first)


@pytest.mark.parametrize("name", CONTRACT)
def test_every_table_of_the_contract_is_there_with_its_columns_and_a_customer_in_each_row(
    shop: Shop, name: str
) -> None:
    contract, table = CONTRACT[name], shop.tables[name]
    known = {column.name for column in contract.columns}
    assert {column.name for column in contract.columns if column.required} <= set(table.column_names)
    assert contract.extras or known.issuperset(table.column_names)
    assert table.num_rows > 20
    assert set(table["customer_id"].to_pylist()) <= set(shop.truth["customer_id"].to_pylist())
    assert all(table[name].null_count < table.num_rows for name in table.column_names)


def test_the_transactions_are_accepted_as_they_are_with_late_ones_and_some_after_the_moment(
    shop: Shop,
) -> None:
    tables = tables_from_frame(shop.tables["transactions"], zone=ZONE)
    report = tables.reports["transactions"]
    assert (report.refused, report.repeated, tables.has_margin) == (0, 0, True)
    assert WORLD.start <= report.first_day
    assert WORLD.as_of < report.last_day
    late = tables.transactions.filter(tables.transactions.known_day > tables.transactions.day).count()
    assert 0 < int(late.execute()) < 0.1 * report.read
    assert tables.after(WORLD.as_of) > 0


def test_nobody_buys_before_they_join_or_after_they_leave(shop: Shop) -> None:
    truth = shop.truth.to_pandas()
    sales = shop.tables["transactions"].filter(pc.invert(shop.tables["transactions"]["is_return"]))
    days = sales.to_pandas().merge(truth, on="customer_id")
    bought = days["timestamp"].dt.normalize()
    assert (bought >= pd.to_datetime(days["joined_on"])).all()
    assert (bought < pd.to_datetime(days["left_on"]).fillna(pd.Timestamp.max)).all()
    assert truth["left_on"].isna().mean() == pytest.approx(0.42, abs=0.1)


def test_what_is_given_back_mirrors_a_line_that_was_sold_before(shop: Shop) -> None:
    rows = shop.tables["transactions"].to_pandas()
    keys = ["order_id", "product_id", "quantity", "customer_id", "unit_price", "channel"]
    pairs = rows[rows["is_return"]].merge(rows[~rows["is_return"]], on=keys, suffixes=("", "_sold"))
    matched = pairs[pairs["amount"] == -pairs["amount_sold"]]
    assert set(matched["line_id"]) == set(rows.loc[rows["is_return"], "line_id"])
    assert (matched["timestamp"] > matched["timestamp_sold"]).all()


def test_gift_buyers_come_in_the_gift_peaks_alone(shop: Shop) -> None:
    truth = shop.truth.to_pandas().set_index("customer_id")
    rows = shop.tables["transactions"].to_pandas()
    gifts = rows[~rows["is_return"] & rows["customer_id"].map(truth["gift_buyer"])]
    assert set(gifts["timestamp"].dt.month) == {7, 12}
    assert gifts["timestamp"].dt.day.max() <= 20


def test_scores_lie_on_their_scales_and_silence_is_null(shop: Shop) -> None:
    scores = shop.tables["surveys"].to_pandas().groupby("kind")["score"]
    assert scores.min()[["ces", "csat"]].min() == 1
    assert scores.min()["nps"] >= 0
    assert scores.max().to_dict() == {"ces": 7, "csat": 5, "nps": 10}
    assert scores.apply(lambda kind: kind.isna().mean()).between(0.3, 0.7).all()


def test_loyalty_points_never_fall_and_tiers_follow_them(shop: Shop) -> None:
    rows = shop.tables["loyalty"].to_pandas()
    assert rows.groupby("customer_id")["points"].diff().dropna().ge(0).all()
    least = rows.groupby("tier")["points"].min()
    assert least["bronze"] < least["silver"]
    assert least["silver"] >= 300
    assert least["gold"] >= 1000


def test_subscriptions_end_after_they_began_and_moves_have_no_gap(shop: Shop) -> None:
    rows = shop.tables["subscriptions"].to_pandas()
    assert (rows["ended_at"].dropna() > rows["started_at"][rows["ended_at"].notna()]).all()
    moved = rows[rows["ended_at"].notna() & rows["cancel_reason"].isna()]
    assert len(moved) > 3
    assert set(zip(moved["customer_id"], moved["ended_at"], strict=True)) <= set(
        zip(rows["customer_id"], rows["started_at"], strict=True)
    )


@pytest.mark.parametrize("start", [date(2024, 2, 29), date(2023, 1, 1)])
def test_a_shop_of_one_customer_on_any_first_day(start: date) -> None:
    world = World(1, start=start)
    tables = simulate(world).tables
    assert tables["transactions"].num_rows >= 1
    assert (world.as_of - start).days == 3 * 365


def test_arms_are_drawn_by_lot_but_for_one_campaign_in_four(shop: Shop) -> None:
    rows: pa.Table = shop.tables["treatments"]
    campaigns = rows.to_pandas().groupby("campaign")
    by_lot = campaigns["randomised"].first()
    assert by_lot.mean() == pytest.approx(0.75, abs=0.06)
    assert (campaigns["arm"].nunique() == np.where(by_lot, 3, 1)).all()
