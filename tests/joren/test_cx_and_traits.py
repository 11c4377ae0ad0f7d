import json
from pathlib import Path

import pytest

from tests.joren.conftest import joren


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up") / "shop"
    assert joren("simulate", folder, "--customers", 150, "--seed", 4).exit_code == 0
    return folder


@pytest.fixture(scope="module")
def purchases(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the same shop that knows its purchases and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    assert joren("init", folder, "--transactions", shop / "transactions.parquet").exit_code == 0
    return folder


def test_the_figures_of_all_tables_for_people(shop: Path) -> None:
    shown = joren("cx", "--project", shop)
    assert shown.exit_code == 0, shown.output
    for words in (
        "as of 2026-03-31",
        "% of 9–10 less % of 0–6",
        "Subscribers",
        "2026-03",
        "nine of ten",
        "Can't Lose Them",
        "bought on a second day",
    ):
        assert words in shown.stdout
    assert "Not there" not in shown.stdout


def test_the_figures_of_purchases_alone_as_json(purchases: Path) -> None:
    said = joren("cx", "--project", purchases, "--as-of", "2025-12-31", "--activity-days", 180, "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert (told["as_of"], told["activity_days"], told["nps"]) == ("2025-12-31", 180, None)
    assert {"period", "start", "end", "value"} <= told["churn_rate"][-1].keys()
    assert told["churn_rate"][-1]["end"] == "2025-12-31"


def test_traits_in_japanese(purchases: Path) -> None:
    question = (
        "--project",
        purchases,
        "--as-of",
        "2025-12-31",
        "--horizon-days",
        120,
        "--activity-days",
        900,
    )
    shown = joren("traits", *question, "--language", "ja", "--limit", 3)
    assert shown.exit_code == 0, shown.output
    assert "2025-09-02の時点" in shown.stdout
    assert "上位1割" in shown.stdout
    assert "離反した顧客" in shown.stdout
    assert 0 < shown.stdout.count("；") / 2 <= 6
    assert "購入" in shown.stdout
