"""Outcomes: the ends of the window, the two clocks, the oracle, and the definitions of the peers' tool."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from features.errors import ImmatureWindowError
from features.labels import outcomes_in, outcomes_panel
from features.sources import tables_from_frame
from features.tables import Rules, Tables
from features.window import Window
from tests.features.oracle import recomputed_outcomes
from tests.features.shop import made_up_shop, tables_of, with_cancellations

SHARED = Path(__file__).parents[2].parent / "shared"


def outcome(tables: Tables, window: Window, known_by: date | None = None) -> dict[str, tuple[object, ...]]:
    rows = outcomes_in(tables, window, known_by=known_by).to_pyarrow().to_pylist()
    return {row["customer_id"]: (row["churned"], row["orders"], row["revenue"]) for row in rows}


def test_both_ends_of_the_window_are_within() -> None:
    days = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02", "2024-03-03", "2024-03-04"]
    rows = {"customer_id": ["c-7f"] * 6, "timestamp": days, "amount": [1, 2, 4, 8, 16, 32]}
    window = Window(date(2024, 2, 29), 3)
    assert outcome(tables_of(pd.DataFrame(rows)), window) == {"c-7f": (False, 3, Decimal(28))}


def test_who_stays_away_churned_and_who_comes_later_is_not_asked() -> None:
    rows = {
        "customer_id": ["gone", "back", "back", "free", "free", "new"],
        "timestamp": ["2024-01-01", "2024-01-01", "2024-02-01", "2024-01-01", "2024-02-01", "2024-02-01"],
        "amount": [10, 10, -3, 10, 0, 10],
    }
    assert outcome(tables_of(pd.DataFrame(rows)), Window(date(2024, 1, 2), 30)) == {
        "gone": (True, 0, Decimal(0)),
        "back": (True, 0, Decimal(0)),
        "free": (False, 1, Decimal(0)),
    }


def test_a_window_beyond_the_data_is_refused_and_named() -> None:
    tables = tables_of(made_up_shop(seed=5))
    last = tables.last_day(date.max)
    assert last is not None
    windows = [Window(date(2024, 6, 1), 30), Window(last, 1)]
    with pytest.raises(ImmatureWindowError, match=f"as of {last}: the window ends on"):
        outcomes_panel(tables, windows)


def test_known_by_hides_what_happened_or_arrived_later() -> None:
    rows = {
        "customer_id": ["c-7f", "c-7f", "00123", "00123"],
        "timestamp": ["2024-01-01", "2024-01-10", "2024-01-01", "2024-01-20"],
        "amount": [10, 7, 10, 9],
        "known_at": [None, "2024-01-25", None, None],
    }
    tables = tables_of(pd.DataFrame(rows))
    window = Window(date(2024, 1, 5), 15)
    assert outcome(tables, window)["c-7f"] == (False, 1, Decimal(7))
    assert outcome(tables, window, date(2024, 1, 20))["c-7f"] == (True, 0, Decimal(0))
    with pytest.raises(ImmatureWindowError):
        outcome(tables, window, date(2024, 1, 19))


@pytest.mark.parametrize("known_by", [None, date(2024, 9, 20)])
def test_outcomes_equal_the_oracle(known_by: date | None) -> None:
    tables = tables_of(with_cancellations(made_up_shop(seed=11), seed=11))
    windows = [Window(date(2023, 12, 31), 60), Window(date(2024, 2, 28), 1), Window(date(2024, 6, 1), 91)]
    panel = outcomes_panel(tables, windows, known_by=known_by).to_pandas()
    for window in windows:
        found = panel[panel.as_of == pd.Timestamp(window.as_of)].drop(columns="as_of").reset_index(drop=True)
        expected = recomputed_outcomes(tables, window.as_of, window.horizon_days, known_by or date.max)
        assert found.customer_id.tolist() == expected.customer_id.tolist()
        numbers = ["churned", "orders", "revenue", "margin"]
        pd.testing.assert_frame_equal(
            found[numbers].astype(float), expected[numbers].astype(float), rtol=1e-9
        )


def peers() -> ModuleType:
    path = SHARED / "tools" / "peers.py"
    if not path.exists():
        pytest.skip("the peers' tool is not here")
    spec = importlib.util.spec_from_file_location("peers", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cdnow() -> pd.DataFrame:
    spec = importlib.util.find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "CDNOW_master.txt"
    names = ["customer_id", "day", "cds", "amount"]
    rows = pd.read_csv(path, sep=r"\s+", names=names, header=0, dtype={"customer_id": str, "day": str})
    return rows.assign(timestamp=pd.to_datetime(rows.day, format="%Y%m%d"))


def online_retail() -> pd.DataFrame:
    path = SHARED / "data" / "online_retail" / "transactions.parquet"
    if not path.exists():
        pytest.skip("the online-retail set is not here")
    return pd.read_parquet(path, columns=["customer_id", "timestamp", "amount"]).astype({"customer_id": str})


@pytest.mark.parametrize(
    ("data", "window"),
    [(cdnow, Window(date(1998, 3, 31), 91)), (online_retail, Window(date(2011, 6, 1), 60))],
    ids=["cdnow", "online retail"],
)
def test_outcomes_are_those_that_the_peers_are_judged_by(
    data: Callable[[], pd.DataFrame], window: Window
) -> None:
    tool = peers()
    rows = data()[["customer_id", "timestamp", "amount"]]
    end = pd.Timestamp(window.outcome_start)
    past, future = rows[rows.timestamp < end], rows[rows.timestamp >= end]
    future = future[future.timestamp < end + pd.Timedelta(days=window.horizon_days)]
    expected = tool.outcome(future, pd.Index(sorted(past[past.amount >= 0].customer_id.unique())))
    tables = replace(tables_from_frame(rows, currency="XXX"), rules=Rules(cancelled_orders="keep"))
    found = outcomes_in(tables, window).to_pandas().set_index("customer_id")
    assert found.index.equals(expected.index)
    assert (found.churned == (expected.churned == 1)).all()
    assert (found.orders == expected.orders).all()
    assert (found.revenue.astype(float) - expected.revenue).abs().max() < 1e-6


def test_margin_is_null_where_none_is_recorded() -> None:
    rows = {"customer_id": ["c-7f"] * 2, "timestamp": ["2024-01-01", "2024-01-09"], "amount": [10, 7]}
    frame = outcomes_in(tables_of(pd.DataFrame(rows)), Window(date(2024, 1, 2), 7)).to_pandas()
    assert frame.margin.isna().all()
