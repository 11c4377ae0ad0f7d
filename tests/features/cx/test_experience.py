"""Every figure of the experience, reckoned once more with pandas from the rows as they lie in the files."""

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.cx import experience
from features.cx.churn import churn_rates, months_until
from features.cx.standing import purchases_known
from features.errors import NothingUsableError
from features.reference import reference_at
from features.segments import segment
from features.simulation import ZONE, World, simulate
from features.sources import read_tables, tables_from_frame
from features.tables import DataConfig, Rules, Source, Tables

AS_OF = date(2025, 9, 14)
READ = ("transactions", "interactions", "surveys", "subscriptions")
END = pd.Timestamp(AS_OF) + pd.Timedelta(days=1)


def read(shop: dict[str, pa.Table], folder: Path) -> Tables:
    for name, table in shop.items():
        pq.write_table(table, folder / f"{name}.parquet")
    sources = {name: Source(str(folder / f"{name}.parquet")) for name in shop}
    return read_tables(DataConfig(sources, zone=ZONE, rules=Rules(cancelled_orders="keep")))


@pytest.fixture(scope="module")
def shop() -> dict[str, pa.Table]:
    tables = simulate(World(300, seed=2)).tables
    return {name: tables[name] for name in READ}


@pytest.fixture(scope="module")
def frames(shop: dict[str, pa.Table]) -> dict[str, pd.DataFrame]:
    return {name: table.to_pandas() for name, table in shop.items()}


@pytest.fixture(scope="module")
def tables(shop: dict[str, pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Tables:
    return read(shop, tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def told(tables: Tables) -> dict[str, Any]:
    return experience(tables, AS_OF).to_json()


@pytest.fixture(scope="module")
def purchases(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    rows = frames["transactions"]
    rows = rows[~rows["is_return"] & (rows["known_at"] < END) & (rows["timestamp"] < END)]
    return rows.assign(day=rows["timestamp"].dt.normalize())[["customer_id", "day"]].drop_duplicates()


def test_what_customers_say(told: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    rows = frames["surveys"]
    scores = rows[rows["submitted_at"] < END].groupby("kind")["score"]
    answered = {kind: each.dropna() for kind, each in scores}
    nps, csat, ces = answered["nps"], answered["csat"], answered["ces"]
    expected = {
        "nps": 100 * ((nps >= 9).mean() - (nps <= 6).mean()),
        "csat": 100 * (csat >= 4).mean(),
        "ces": ces.mean(),
    }
    for kind, value in expected.items():
        figure = told[kind]
        assert figure["value"] == pytest.approx(value)
        assert figure["low"] < value < figure["high"]
        assert (figure["n"], figure["asked"]) == (len(answered[kind]), scores.size()[kind])
        assert figure["mean"]["value"] == pytest.approx(answered[kind].mean())


def test_months_add_up_to_the_whole_and_segments_to_their_customers(told: dict[str, Any]) -> None:
    for kind in ("nps", "csat", "ces"):
        for split in ("by_month", "by_segment"):
            parts = [part[kind] for part in told[split] if part[kind]]
            assert sum(part["n"] for part in parts) == told[kind]["n"]
    assert sum(part["customers"] for part in told["by_segment"]) == told["repeat_purchase_rate"]["n"]


@pytest.mark.parametrize("activity_days", [365, 90, 20])
def test_churn_by_the_month(tables: Tables, purchases: pd.DataFrame, activity_days: int) -> None:
    window, day = pd.Timedelta(days=activity_days), purchases["day"]
    expected = []
    for month in pd.period_range(day.min(), AS_OF, freq="M")[:-1]:
        start, end = month.start_time, month.end_time.normalize()
        began = set(purchases["customer_id"][(start - window <= day) & (day < start)])
        stay = set(purchases["customer_id"][(end - window < day) & (day <= end)])
        if began:
            covered = day.min() <= start - window
            expected.append((str(month), len(began), len(began - stay) / len(began), covered))
    months = list(months_until(day.min().date(), AS_OF))
    rates = churn_rates(purchases_known(tables, AS_OF), months, activity_days)
    found = [(rate.period.name, rate.churned.n, rate.churned.value, rate.covered) for rate in rates]
    assert found == expected
    assert found[-1][-1]


def test_who_does_not_leave_is_retained(told: dict[str, Any]) -> None:
    pairs = list(zip(told["churn_rate"], told["retention_rate"], strict=True))
    assert len(pairs) > 20
    for churned, retained in pairs:
        for end, other in (("value", "value"), ("low", "high"), ("high", "low")):
            assert churned[end] + retained[other] == pytest.approx(1)


def test_churn_by_contract(told: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    rows = frames["subscriptions"]
    ended = rows["ended_at"].where(rows["ended_at"] < END)
    expected = []
    for month in pd.period_range(told["churn_rate"][0]["start"], AS_OF, freq="M")[:-1]:
        start, end = month.start_time, month.end_time.normalize()
        began = set(rows["customer_id"][(rows["started_at"] < start) & ~(ended < start)])
        stay = set(rows["customer_id"][(rows["started_at"] <= end) & ~(ended <= end)])
        if began:
            expected.append((str(month), len(began), len(began - stay) / len(began)))
    found = {rate["period"]: (rate["n"], rate["value"]) for rate in told["subscription_churn_rate"]}
    assert {month: (n, value) for month, n, value in expected}.items() <= found.items()


def test_cohorts(told: dict[str, Any], purchases: pd.DataFrame) -> None:
    whole = purchases[purchases["day"] < f"{AS_OF:%Y-%m-01}"]
    month = whole["day"].dt.to_period("M")
    first = month.groupby(whole["customer_id"]).transform("min")
    age = (month - first).map(lambda months: months.n)
    expected = whole.groupby([first.astype(str), age])["customer_id"].nunique()
    found = {
        (cohort["cohort"], age): buyers
        for cohort in told["cohorts"]
        for age, buyers in enumerate(cohort["buyers"])
        if buyers
    }
    assert found == dict(expected)
    assert all(cohort["customers"] == cohort["buyers"][0] for cohort in told["cohorts"])
    lengths = [len(cohort["buyers"]) for cohort in told["cohorts"]]
    assert lengths[-1] == 1
    assert lengths == sorted(lengths, reverse=True)


def test_repeat_purchase_rate(told: dict[str, Any], purchases: pd.DataFrame) -> None:
    days = purchases.groupby("customer_id").size()
    assert told["repeat_purchase_rate"]["value"] == pytest.approx((days > 1).mean())
    assert told["repeat_purchase_rate"]["n"] == len(days)


def test_support(told: dict[str, Any], frames: dict[str, pd.DataFrame]) -> None:
    rows = frames["interactions"]
    rows = rows[rows["opened_at"] < END]
    for name, column in (("first_response_hours", "first_response_at"), ("resolution_hours", "resolved_at")):
        known = rows[rows[column] < END]
        hours = (known[column] - known["opened_at"]).dt.total_seconds() / 3600
        assert told["support"][name] == {
            "median": pytest.approx(hours.median(), abs=1e-3),
            "p90": pytest.approx(hours.quantile(0.9), abs=1e-3),
            "n": len(hours),
        }
    assert told["support"]["tickets"] == len(rows)
    assert told["support"]["answered"]["value"] == pytest.approx((rows["first_response_at"] < END).mean())
    assert told["support"]["reopened"]["n"] == (rows["resolved_at"] < END).sum()


def test_churn_by_the_segment_that_customers_stood_in_a_window_ago(
    tables: Tables, told: dict[str, Any], frames: dict[str, pd.DataFrame], purchases: pd.DataFrame
) -> None:
    before = pd.Timestamp(AS_OF) - pd.Timedelta(days=365)
    rows = frames["transactions"]
    rows = rows[~rows["is_return"] & (rows["known_at"] < before + pd.Timedelta(days=1))]
    then = rows["timestamp"].dt.normalize().groupby(rows["customer_id"]).agg(["max", "nunique"])
    recency = (before - then["max"]).dt.days
    names = segment(recency, then["nunique"], reference_at(tables, before.date()))
    since = set(purchases["customer_id"][purchases["day"] > before])
    gone, active = pd.Series(~then.index.isin(since), index=then.index), recency < 365
    expected = gone[active].groupby(names[active]).agg(["mean", "size"])
    for part in told["by_segment"]:
        rate = part["churn_rate"]
        if part["segment"] in expected.index:
            mean, size = expected.loc[part["segment"]]
            assert (rate["value"], rate["n"]) == (pytest.approx(mean), size)
        else:
            assert rate is None


def test_nothing_after_the_moment_changes_a_figure(
    shop: dict[str, pa.Table], told: dict[str, Any], tmp_path: Path
) -> None:
    clocks = {"transactions": "known_at", "interactions": "opened_at", "surveys": "submitted_at"}
    cut = {
        name: shop[name].filter(pa.compute.less(shop[name][clock], pa.scalar(END)))
        for name, clock in clocks.items()
    } | {"subscriptions": shop["subscriptions"]}
    assert experience(read(cut, tmp_path), AS_OF).to_json() == told


def test_what_is_not_there_is_null_and_says_why(shop: dict[str, pa.Table], tmp_path: Path) -> None:
    tables = tables_from_frame(shop["transactions"], zone=ZONE)
    told = experience(tables, AS_OF).to_json()
    assert [told[name] for name in ("nps", "csat", "ces", "support", "subscription_churn_rate")] == [None] * 5
    assert set(told["missing"]) == {"nps", "csat", "ces", "support", "subscription_churn_rate"}
    bare = {
        "transactions": shop["transactions"],
        "interactions": shop["interactions"].select(["customer_id", "opened_at"]),
        "surveys": shop["surveys"].filter(pa.compute.equal(shop["surveys"]["kind"], "ces")),
    }
    told = experience(read(bare, tmp_path), AS_OF).to_json()
    assert told["support"]["answered"] is None
    assert set(told["missing"]) == {"nps", "csat", "support", "subscription_churn_rate"}
    with pytest.raises(NothingUsableError):
        experience(tables, date(2020, 1, 1))


def test_only_months_that_are_over_count() -> None:
    months = [period.name for period in months_until(date(2023, 11, 20), date(2024, 2, 28))]
    assert months == ["2023-11", "2023-12", "2024-01"]
    *_, leap = months_until(date(2024, 2, 29), date(2024, 2, 29))
    assert (leap.start, leap.end) == (date(2024, 2, 1), date(2024, 2, 29))
