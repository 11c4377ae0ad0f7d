"""A project's life: run, list, train again, score, and who may ask."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from joren.lock import one_run_at_a_time
from tests.joren.conftest import QUESTION, joren
from training.bundle import Bundle


def test_a_run_fills_the_folder(project: Path) -> None:
    assert {path.name for path in project.iterdir()} == {
        "joren.toml",
        "bundles",
        "mlruns",
        "reports",
        "scores.db",
        "tables",
    }
    bundle = Bundle.load(project / "bundles" / "current")
    assert (project / "bundles" / bundle.version).is_dir()
    assert {path.name for path in (project / "reports").iterdir()} == {
        "scores.parquet",
        "at_risk.csv",
        "quarantine.parquet",
        "metrics.json",
    }
    behaviour = pq.read_table(project / "tables" / "behaviour.parquet").to_pandas()
    scores = pq.read_table(project / "reports" / "scores.parquet").to_pandas()
    assert sorted(behaviour["customer_id"]) == sorted(scores["customer_id"])


def test_the_pictures_of_the_value_model_are_kept_beside_those_of_the_evaluation(project: Path) -> None:
    kept = {path.stem for path in (project / "mlruns").rglob("figures/clv/*.png")}
    assert {"tracking_cumulative", "tracking_weekly", "purchases_by_frequency", "spend"} <= kept
    assert any((project / "mlruns").rglob("figures/gain.png"))


def test_the_list_is_that_of_the_reports(project: Path) -> None:
    rows = json.loads(joren("at-risk", "--project", project, "--limit", 7, "--json").stdout)
    listed = pd.read_csv(project / "reports" / "at_risk.csv", dtype={"customer_id": str})
    assert [row["customer_id"] for row in rows] == list(listed["customer_id"][:7])
    assert [row["at_risk_rank"] for row in rows] == list(range(1, 8))
    assert all(row["reasons"] for row in rows)
    shown = joren("at-risk", "--project", project, "--limit", 7)
    assert rows[6]["customer_id"] in shown.stdout


def test_the_list_can_be_narrowed(project: Path) -> None:
    high = json.loads(joren("at-risk", "--project", project, "--band", "high", "--json").stdout)
    assert {row["churn_band"] for row in high} <= {"high"}
    loyal = json.loads(joren("at-risk", "--project", project, "--segment", "Loyal", "--json").stdout)
    assert {row["segment"] for row in loyal} <= {"Loyal"}
    wrong = joren("at-risk", "--project", project, "--segment", "Loyale")
    assert wrong.exit_code == 2
    assert "Did you mean Loyal?" in wrong.stderr


def test_the_same_model_again_is_no_second_version_and_no_new_champion(project: Path) -> None:
    result = joren("train", "--project", project, *QUESTION, "--json")
    assert result.exit_code == 0, result.output
    trained = json.loads(result.stdout)
    assert (trained["registered_version"], trained["promoted"]) == (1, False)
    versions = json.loads(joren("models", "--project", project, "--json").stdout)
    assert [(one["number"], one["champion"]) for one in versions] == [(1, True)]
    shown = joren("models", "--project", project).stdout
    assert "champion" in shown
    assert versions[0]["bundle_version"] in shown


@pytest.mark.usefixtures("undrawn")
def test_older_data_train_a_version_that_is_not_promoted(project: Path) -> None:
    before = (project / "bundles" / "current").readlink()
    result = joren("train", "--project", project, "--as-of", "2024-12-31", "--horizon-days", 60)
    assert result.exit_code == 3, result.output
    assert "the champion stays" in result.stdout
    assert (project / "bundles" / "current").readlink() == before
    versions = json.loads(joren("models", "--project", project, "--json").stdout)
    assert [one["champion"] for one in versions] == [True, False]


def test_scoring_later_uses_the_champion(project: Path) -> None:
    result = joren("score", "--project", project, "--as-of", "2025-04-15", "--json")
    assert result.exit_code == 0, result.output
    metrics = json.loads(result.stdout)
    assert metrics["as_of"] == "2025-04-15"
    assert metrics["model_version"] == Bundle.load(project / "bundles" / "current").version
    (row,) = json.loads(joren("at-risk", "--project", project, "--limit", 1, "--json").stdout)
    assert row["as_of"] == "2025-04-15"
    assert row["run_id"] == metrics["run_id"]


def test_features_built_for_the_champion_have_the_scores_that_are_published(
    project: Path, tmp_path: Path
) -> None:
    """Those of the day's own population have others: the fifths of April are not those of training."""
    moment = ("--project", project, "--as-of", "2025-04-15")
    assert joren("score", *moment).exit_code == 0
    published = pd.read_parquet(project / "reports" / "scores.parquet").set_index("customer_id")
    built = joren("features", "build", *moment, "--champion", "--out", tmp_path / "april.parquet")
    assert built.exit_code == 0, built.output
    rows = pd.read_parquet(tmp_path / "april.parquet")
    bundle = Bundle.load(project / "bundles" / "current")
    again = bundle.score_table(rows, date(2025, 4, 15)).set_index("customer_id")
    pd.testing.assert_series_equal(
        again["churn_probability"], published["churn_probability"].loc[again.index]
    )


def test_a_second_run_at_the_same_time_is_refused(project: Path) -> None:
    with one_run_at_a_time(project):
        result = joren("score", "--project", project)
    assert result.exit_code == 4
    assert "Another run is at work" in result.stderr


def test_keys_are_made_listed_and_revoked(project: Path) -> None:
    made = joren("keys", "create", "crm", "--days", 7, "--project", project)
    assert made.exit_code == 0
    key = made.stdout.strip()
    prefix = key.split("_")[1]
    (listed,) = json.loads(joren("keys", "list", "--project", project, "--json").stdout)
    assert (listed["name"], listed["prefix"], listed["live"]) == ("crm", prefix, True)
    assert key not in joren("keys", "list", "--project", project).stdout
    assert joren("keys", "revoke", prefix, "--project", project).exit_code == 0
    assert joren("keys", "revoke", prefix, "--project", project).exit_code == 2
    assert joren("keys", "create", "x", "--scope", "all", "--project", project).exit_code == 2


@pytest.mark.parametrize("command", [("at-risk",), ("score",), ("run",), ("keys", "list"), ("models",)])
def test_without_a_project_a_command_says_how_to_make_one(tmp_path: Path, command: tuple[str, ...]) -> None:
    result = joren(*command, "--project", tmp_path)
    assert result.exit_code == 2
    assert "joren init" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_before_the_first_run_there_is_nothing_to_list_or_score_with(tmp_path: Path, project: Path) -> None:
    (tmp_path / "joren.toml").write_text(
        (project / "joren.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert "joren run" in joren("at-risk", "--project", tmp_path).stderr
    scored = joren("score", "--project", tmp_path)
    assert scored.exit_code == 2
    assert "joren train" in scored.stderr
