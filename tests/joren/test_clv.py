"""``joren clv predict``, ``compare`` and ``plot``, as their users type them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.joren.conftest import Writer, joren
from tests.joren.documents import block_with
from tests.joren.shop import shop
from tests.joren.test_clv_fit import ONCE, TEN, cdnow

__all__ = ["cdnow"]

FREQUENCIES = ["0", "1", "2", "3", "4", "5", "6", "7+"]
PREDICTED = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]


@pytest.fixture(scope="module")
def few(cdnow: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every sixth of the sample's customers."""
    rows = pd.read_csv(cdnow, dtype=str)
    path = tmp_path_factory.mktemp("few") / "few.csv"
    rows[rows["customer_id"].astype(int) % 6 == 0].to_csv(path, index=False)
    return path


def repeat_days(cdnow: Path) -> pd.Series:
    """How many customer-days after the first each customer has by 1997-09-30."""
    rows = pd.read_csv(cdnow, dtype={"customer_id": str})
    past = rows[rows["timestamp"] <= "1997-09-30"]
    return past.groupby("customer_id")["timestamp"].nunique() - 1


def test_cdnow_s_next_39_weeks_are_as_published(cdnow: Path, tmp_path: Path) -> None:
    """Fader, Hardie & Lee (2005), figure 3: expected purchases by how many were made before."""
    out = tmp_path / "next.csv"
    question = ("--model", "bgnbd", "--as-of", "1997-09-30", "--horizon-days", 273)
    done = joren("clv", "predict", "--transactions", cdnow, *question, "--out", out, "--limit", 3)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(out, dtype={"customer_id": str}).set_index("customer_id")
    assert len(table) == 2_357
    x = repeat_days(cdnow).reindex(table.index)
    groups = x.clip(upper=7).astype(int).astype(str).replace("7", "7+")
    means = table["expected_purchases"].groupby(groups).mean()
    assert list(means.index) == FREQUENCIES
    assert list(means) == pytest.approx(PREDICTED, abs=2e-3)
    text = " ".join(done.stdout.split())
    for words in ("273 days to 1998-06-30", "BG/NBD, as was asked", "The 3 worth most", "2,357 rows"):
        assert words in text
    best = table["margin_clv"].idxmax()
    assert f" {best} " in text


def test_a_project_s_own_terms_hold_unless_others_are_asked_for(
    cdnow: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert joren("init", "shop", "--transactions", cdnow).exit_code == 0
    file = tmp_path / "shop" / "joren.toml"
    terms = "[value]\nmargin_rate = 0.25\nclv_horizon_days = 100\n"
    file.write_text(file.read_text().split("[value]")[0] + terms)
    asked = ("--project", "shop", "--as-of", "1998-03-31", "--out", "all.parquet", "--json")
    done = joren("clv", "predict", *asked, "--discount-rate", "0.2", "--limit", "2")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["horizon_days"], told["margin_rate"], told["annual_discount_rate"]) == (100, 0.25, 0.2)
    assert told["margin_assumed"] is False
    assert len(told["rows"]) == 2
    assert told["model"] in {"bgnbd", "mbgnbd", "paretonbd"}
    assert told["why"]
    table = pq.read_table("all.parquet").to_pandas()
    assert table["customer_id"].is_unique
    assert (table["customer_id"].str.len() == 4).all()
    first = table.sort_values("margin_clv", ascending=False).iloc[0]
    assert first["customer_id"] == told["rows"][0]["customer_id"]
    assert first["margin_clv"] == told["rows"][0]["margin_clv"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_customer_to_come_is_told_by_age(cdnow: Path) -> None:
    question = ("--model", "mbgnbd", "--as-of", "1997-09-30", "--horizon-days", 273, "--new")
    asked = ("clv", "predict", "--transactions", cdnow, *question)
    shown = joren(*asked).stdout
    assert "After a first order, which brings 32.61" in shown
    rows = [line.split() for line in shown.partition("Days")[2].splitlines()[1:7]]
    assert [row[0] for row in rows] == ["28", "91", "182", "273", "365", "730"]
    assert all(0 < int(row[1].rstrip("%")) < 65 for row in rows)


def test_the_models_are_compared_on_what_was_held_out(few: Path) -> None:
    asked = ("clv", "compare", "--transactions", few, "--as-of", "1998-06-30", "--horizon-days", 180)
    done = joren(*asked, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {one["name"] for one in told["candidates"]} == {"bgnbd", "mbgnbd", "paretonbd"}
    assert told["picked"] in {"bgnbd", "mbgnbd", "paretonbd"}
    assert all(one["log_likelihood"] < 0 and 0 < one["gini"] < 1 for one in told["candidates"])
    shown = " ".join(joren(*asked).stdout.split())
    for words in (told["why"], "180 days held out", "Pareto/NBD", f"{told['candidates'][0]['gini']:.3f}"):
        assert words in shown


@pytest.mark.parametrize("content", [TEN, ONCE], ids=["ten customers of one price", "no repeat purchase"])
def test_little_still_gives_finite_numbers_and_says_what_holds_them(content: str, written: Writer) -> None:
    asked = ("--transactions", written(content), "--as-of", "2024-12-31", "--json")
    done = joren("clv", "predict", *asked)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert all(row["margin_clv_low"] <= row["margin_clv"] <= row["margin_clv_high"] for row in told["rows"])
    assert any("held by a weak prior" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["predict", "--out", "next.txt"], "neither .csv nor .parquet"),
        (["predict", "--out", "no/such/folder/next.csv"], "There is no folder no/such/folder"),
        (["predict", "--margin-rate", "40"], "--margin-rate"),
        (["predict", "--model", "bgbb"], "--model"),
        (["plot", "--out", "pictures", "--holdout-days", "3000"], "0 known customers are too few"),
        (["compare", "--as-of", "2023-01-01"], "no purchase on or before"),
    ],
)
def test_what_cannot_be_is_refused(
    arguments: list[str], says: str, written: Writer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = joren("clv", *arguments, "--transactions", written(TEN))
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert says in " ".join(done.stderr.replace("│", " ").split())


def test_the_readme_s_lines_are_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shop(customers=80).to_csv("orders.csv", index=False)
    assert joren("init", ".", "--transactions", "orders.csv").exit_code == 0
    told = ""
    for line in block_with("README.md", "joren clv").splitlines():
        done = joren(*shlex.split(line, comments=True)[1:])
        assert done.exit_code == 0, done.output
        told += done.stdout
    for words in ("held out", "MBG/NBD", "worth most", "After a first order", "tracking_cumulative.png"):
        assert words in told
    assert len(pd.read_csv("value.csv")) == 80
    drawn = list(Path("pictures").iterdir())
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in drawn)
    assert {str(path) for path in drawn} <= set(told.splitlines())
