"""The telecom's labelled table: recognised, mapped, learned from, its leaks refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.categories import category_counts
from features.sources import read_tables
from joren.errors import ConfigError
from joren.monitor_look import categories_in
from joren.new_project import project_for
from joren.project import load_project
from tests.joren.conftest import joren
from training.config import Hyperparameters
from training.cross_fit import cross_fitted_contracts
from training.snapshots import Snapshots

ROOT = Path(__file__).parents[2]
TELCO = ROOT.parent / "shared" / "data" / "telco" / "data.parquet"
ROWS = [
    ("00123", 3, "No", 20.0, "Two year", 12),
    ("c-7f", 1, "Yes", 30.0, "Monthly", 95),
    ("c-0a", 0, "No", 40.0, "Monthly", 31),
]
COLUMNS = ["customerID", "tenure", "Churn", "MonthlyCharges", "Contract type, kept", "Churn Score"]
TODAY = date(2026, 3, 14)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    file = tmp_path / "subscribers.csv"
    pd.DataFrame(ROWS, columns=COLUMNS).to_csv(file, index=False)
    return file


def test_a_labelled_table_becomes_subscriptions_and_customers(labelled: Path, tmp_path: Path) -> None:
    made = project_for(tmp_path / "telco", files=[labelled], today=TODAY)
    assert made.complete
    assert made.attributes == ("Contract type, kept",)
    assert made.leaks == ("Churn Score",)
    project = load_project(tmp_path / "telco")
    assert (project.as_of, project.training.horizon_days) == (date(2026, 3, 1), 28)
    assert project.training.attributes == made.attributes
    tables = read_tables(project.data)
    assert tables.contract
    assert tables.reports["subscriptions"].accepted == 3
    assert tables.last_day(date.max) == date(2026, 3, 1)


def test_categories_of_a_labelled_table_are_not_held_against_those_of_other_times(
    labelled: Path, tmp_path: Path
) -> None:
    project_for(tmp_path / "telco", files=[labelled], today=TODAY)
    project = load_project(tmp_path / "telco")
    tables = read_tables(project.data)
    always = [(date.min, TODAY)]
    assert "customers.Contract type, kept" in set(category_counts(tables, always, known_by=TODAY)["column"])
    assert categories_in(tables, always, project, TODAY).empty


def test_init_says_what_it_made_of_it(labelled: Path, tmp_path: Path) -> None:
    told = joren("init", tmp_path / "telco", "--from", labelled).stdout
    assert "from tenure and Churn: a labelled table, without dates" in " ".join(told.split())
    assert "Left out as leaks, by their names: Churn Score" in told


def test_neither_transactions_nor_subscriptions_is_said(tmp_path: Path) -> None:
    path = tmp_path / "joren.toml"
    path.write_text('[tables.customers]\nfile = "people.csv"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tables\.transactions is missing"):
        load_project(tmp_path)
    path.write_text(
        '[tables.transactions]\nfile = "s.csv"\n[tables.transactions.labelled]\ntaken_on = 2026-01-01\n'
        'tenure_months = "t"\nchurned = "c"\n',
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="labelled is for subscriptions"):
        load_project(tmp_path)


@pytest.mark.skipif(not TELCO.exists(), reason="the shared data sets are not here")
def test_a_sample_of_the_telecom_is_judged_on_customers_that_were_held_out(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "examples" / "telco" / "joren.toml", tmp_path)
    sample = pd.read_parquet(TELCO).sample(1_200, random_state=4)
    sample.to_parquet(tmp_path / "data.parquet", index=False)
    project = load_project(tmp_path)
    tables = read_tables(project.data)
    assert project.as_of is not None
    config = replace(project.training, hyperparameters=Hyperparameters(rounds=25))
    evaluation = cross_fitted_contracts(Snapshots(tables), project.as_of, config)
    assert evaluation is not None
    assert evaluation.kind == "cross-fitted"
    measured = evaluation.metrics
    assert 0.80 < measured["Joren"]["auc"] < 0.90
    assert measured["Joren"]["log_loss"] < measured["sBG"]["log_loss"] - 0.05
