"""What the README says of a stranger's own data is typed here, as it stands, into one process."""

import re
from pathlib import Path

import pandas as pd
import pytest

from joren.example import CDNOW_COLUMNS, cdnow_rows
from tests.joren.conftest import typed
from tests.joren.documents import ROOT, block_with
from tests.joren.shop import shop


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undrawn: None) -> Path:  # noqa: ARG001
    """A stranger's folder, with their orders."""
    monkeypatch.chdir(tmp_path)
    write_orders(tmp_path / "orders.csv")
    return tmp_path


def write_orders(path: Path) -> None:
    """Write a Japanese shop's orders, up to a few days after the one-line command's moment."""
    orders = shop(customers=160)
    later = pd.Timestamp("2026-11-20") - pd.Timestamp(orders["timestamp"].max())
    orders["timestamp"] = (pd.to_datetime(orders["timestamp"]) + later).dt.strftime("%Y年%m月%d日")
    orders["amount"] = [f"￥{amount * 100:,.0f}" for amount in orders["amount"]]
    orders.columns = pd.Index(["会員番号", "購入日", "金額"])
    orders.to_csv(path, index=False, encoding="cp932")


def test_a_stranger_brings_a_file_of_their_own(here: Path) -> None:
    told = typed(block_with("README.md", "joren init my-shop"))
    assert "Features to come" in told
    assert "customers with the most value at risk" in told
    assert (here / "my-shop" / "reports" / "at_risk.csv").exists()


def test_a_stranger_brings_all_that_they_know_of_their_customers(here: Path) -> None:
    typed("joren simulate exports --customers 40")
    (here / "exports" / "joren.toml").unlink()
    told = typed(block_with("README.md", "--from exports/"))
    assert "treatments from exports/treatments.parquet" in told
    assert "march.parquet: 37 customers" in told


def test_the_one_line_writes_what_is_promised(here: Path) -> None:
    typed(block_with("README.md", "--transactions orders.csv --as-of"))
    promised = re.search(r"`result/` then holds (.*)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert promised is not None
    names = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", promised[1])}
    assert names == {path.name for path in (here / "result").iterdir()}


def test_the_notebook_lines_run(here: Path) -> None:
    """On every twentieth of the demo's customers."""
    purchases = pd.DataFrame(cdnow_rows(), columns=list(CDNOW_COLUMNS))
    (here / "demo").mkdir()
    some = purchases[purchases["customer_id"].astype(int) % 20 == 0]
    some.to_csv(here / "demo" / "transactions.csv", index=False)
    said: dict[str, pd.DataFrame] = {}
    exec(block_with("README.md", "import joren", "python"), said)  # noqa: S102  # it is what is tested
    assert len(said["scores"]) == some["customer_id"].nunique()
