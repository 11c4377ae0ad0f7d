"""The one-shot, whose form is fixed: one file in, one folder out, all or none."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.joren.conftest import QUESTION, Done, joren
from tests.joren.shop import shop
from training.bundle import Bundle
from training.registry import Registry
from training.score_schema import SCORE_SCHEMA

RESULTS = {"scores.parquet", "at_risk.csv", "quarantine.parquet", "metrics.json", "model", "mlruns"}


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def scores_in(folder: Path) -> pd.DataFrame:
    return pq.read_table(folder / "scores.parquet").to_pandas().set_index("customer_id")


def test_the_folder_holds_the_results_and_nothing_else(one_shot: Done) -> None:
    assert {path.name for path in one_shot.out.iterdir()} == RESULTS
    assert pq.read_schema(one_shot.out / "scores.parquet").equals(SCORE_SCHEMA)


def test_every_customer_with_a_purchase_by_then_has_one_row(one_shot: Done) -> None:
    sales = pd.read_csv(one_shot.data, dtype={"customer_id": str})
    bought = set(sales.loc[sales["timestamp"] <= "2025-03-31", "customer_id"])
    scores = scores_in(one_shot.out)
    assert scores.index.is_unique
    assert set(scores.index) == bought
    assert any(customer.startswith("00") for customer in bought)


def test_the_figures_add_up_and_say_how_the_models_compare(one_shot: Done) -> None:
    metrics = json.loads((one_shot.out / "metrics.json").read_text(encoding="utf-8"))
    sales = pd.read_csv(one_shot.data)
    later = int((sales["timestamp"] > "2025-03-31").sum())
    assert metrics["rows"]["read"] == metrics["rows"]["accepted"] + metrics["rows"]["refused"] == len(sales)
    assert metrics["rows"]["after_as_of"] == later > 0
    assert {"recency rule", "MBG/NBD", "Joren"} <= set(metrics["evaluation"]["metrics"])
    assert metrics["method"]["name"] == "out of time"
    assert metrics["currency"] == "EUR"


def test_the_list_holds_the_eligible_by_their_rank(one_shot: Done) -> None:
    listed = pd.read_csv(one_shot.out / "at_risk.csv", dtype={"customer_id": str})
    scores = scores_in(one_shot.out)
    ranked = scores[scores["at_risk_rank"].notna()].sort_values("at_risk_rank")
    assert list(listed["customer_id"]) == list(ranked.index)
    assert (ranked["score_status"] == "eligible").all()
    assert ranked["value_at_risk"].is_monotonic_decreasing
    assert listed["reasons"].notna().all()


def test_the_bundle_gives_the_very_scores(one_shot: Done) -> None:
    bundle = Bundle.load(one_shot.out / "model")
    assert set(scores_in(one_shot.out)["model_version"]) == {bundle.version}


def test_mlflow_holds_the_run_and_its_champion_where_the_folder_lies(one_shot: Done) -> None:
    registry = Registry.local(one_shot.out)
    champion = registry.champion()
    assert champion is not None
    assert champion.bundle_version == Bundle.load(one_shot.out / "model").version
    assert registry.bundle_path(champion).is_relative_to(one_shot.out.resolve() / "mlruns")


def test_the_terminal_tells_all_of_it(one_shot: Done) -> None:
    told = one_shot.result.stdout
    first = pd.read_csv(one_shot.out / "at_risk.csv", dtype=str).iloc[0]
    for words in (
        "sales.csv",
        "No time zone is given",
        "BG/NBD",
        "recency rule",
        "customers with the most value at risk",
        first["customer_id"],
        first["reasons"].split("; ")[0][:30],
        "at_risk.csv",
        "joren init",
    ):
        assert words in told
    assert "Reading sales.csv" in one_shot.result.stderr


@pytest.mark.usefixtures("undrawn")
def test_again_with_a_changed_file_it_replaces_its_own_and_no_other(one_shot: Done, tmp_path: Path) -> None:
    """In a folder that was moved, and without the rows after as_of: the same model, byte for byte."""
    sales = pd.read_csv(one_shot.data, dtype=str)
    data, out = tmp_path / "sales.csv", tmp_path / "out"
    sales[sales["timestamp"] <= "2025-03-31"].to_csv(data, index=False)
    shutil.copytree(one_shot.out, out)
    (out / "notes.txt").write_text("mine")
    result = joren("run", "--transactions", data, *QUESTION, "--out", out, "--currency", "EUR", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert {path.name for path in out.iterdir()} == RESULTS | {"notes.txt"}
    assert snapshot(out / "model") == snapshot(one_shot.out / "model")
    without_run = scores_in(out).drop(columns="run_id"), scores_in(one_shot.out).drop(columns="run_id")
    pd.testing.assert_frame_equal(*without_run)
    assert [version.number for version in Registry.local(out).versions()] == [1]


def test_nothing_outside_the_folder_is_touched(tmp_path: Path) -> None:
    """A real process, with a home, a working folder and a temporary folder of its own."""
    places = {name: tmp_path / name for name in ("home", "here", "temporary")}
    for place in places.values():
        place.mkdir()
    data = tmp_path / "sales.csv"
    shop(customers=40).to_csv(data, index=False)
    ran = subprocess.run(
        [sys.executable, "-m", "joren", "run", "--transactions", data, *QUESTION, "--out", tmp_path / "out"],
        cwd=places["here"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(places["home"]),
            "TMPDIR": str(places["temporary"]),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == RESULTS
    assert [path for place in places.values() for path in place.rglob("*")] == []
    assert {path.name for path in tmp_path.iterdir()} == {*places, "sales.csv", "out"}


@pytest.mark.parametrize(
    "rows",
    [
        ["00123,2025-01-03,12.50"],
        [f"c-{n:x},2024-{1 + n % 12:02}-0{1 + n % 9},{n + 0.5}" for n in range(60)],
    ],
    ids=["one customer", "all bought once"],
)
def test_little_history_gives_what_can_be_given(tmp_path: Path, out: Path, rows: list[str]) -> None:
    data = tmp_path / "sales.csv"
    data.write_text("\n".join(["customer_id,timestamp,amount", *rows]))
    result = joren("run", "--transactions", data, *QUESTION, "--out", out)
    assert result.exit_code == 0, result.output
    scores = scores_in(out)
    assert len(scores) == len(rows)
    assert scores["historic_number_of_orders"].eq(1).all()
    assert scores["score_status"].notna().all()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--as-of", "2025-03-31", "--horizon-days", "60"),
        ("--as-of", "yesterday", "--horizon-days", "60", "--out", "out"),
        ("--as-of", "2025-03-31", "--horizon-days", "0", "--out", "out"),
        ("--as-of", "2025-03-31", "--horizon-days", "60", "--out", "out", "--margin-rate", "35"),
        ("--as-of", "2025-03-31", "--horizon-days", "60", "--out", "out", "--map", "amount"),
        ("--as-of", "2025-03-31", "--horizon-days", "60", "--out", "out", "--zone", "Tokio/Asia"),
        ("--as-of", "2025-03-31", "--horizon-days", "60", "--out", "out", "--currency", "yen"),
    ],
)
def test_options_that_cannot_be(
    one_shot: Done, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert joren("run", "--transactions", one_shot.data, *arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_options_of_the_one_shot_alone_are_refused(tmp_path: Path) -> None:
    result = joren("run", "--project", tmp_path, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert "--transactions" in result.stderr


def test_what_joren_did_not_make_is_not_replaced(one_shot: Done, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"mine")
    result = joren("run", "--transactions", one_shot.data, *QUESTION, "--out", tmp_path)
    assert result.exit_code == 2
    assert "not made by Joren" in result.stderr
    assert snapshot(tmp_path) == {"model/weights.bin": b"mine"}


def test_the_input_is_not_replaced_by_a_result(tmp_path: Path) -> None:
    data = tmp_path / "at_risk.csv"
    shop(customers=20).to_csv(data, index=False)
    result = joren("run", "--transactions", data, *QUESTION, "--out", tmp_path)
    assert result.exit_code == 2
    assert set(snapshot(tmp_path)) == {"at_risk.csv"}
