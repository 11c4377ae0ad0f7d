from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from features.tables import Tables
from serving.batch import publish_run, score_run
from serving.errors import ModelUnavailableError
from serving.retention import Retention
from serving.shelf import Shelf
from serving.store import Store
from tests.serving.fake_bundle import FakeBundle, load
from tests.serving.frames import AS_OF, PUBLISHED_AT, VERSION
from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA

TABLES: Tables = None  # type: ignore[assignment] # the fake bundle makes its behaviour up


def test_reasons_go_to_those_with_the_most_value_at_risk() -> None:
    run = score_run(FakeBundle(), TABLES, AS_OF, "run-1", reasons_for=7)
    assert tuple(run.scores.columns) == SCORE_COLUMNS
    explained = run.scores[run.scores["reasons"].notna()]
    assert set(run.scores.nlargest(7, "value_at_risk")["customer_id"]) <= set(explained["customer_id"])
    assert set(run.scores.nsmallest(7, "at_risk_rank")["customer_id"]) <= set(explained["customer_id"])
    assert len(explained) <= 14
    for row in explained.to_dict("records"):
        assert row["reasons"][0]["value"] == row["historic_number_of_orders"]


def test_fewer_customers_than_reasons_are_all_explained() -> None:
    run = score_run(FakeBundle(), TABLES, AS_OF, "run-1")
    assert run.scores["reasons"].notna().all()


def test_without_any_value_at_risk_nothing_breaks() -> None:
    class Blind(FakeBundle):
        def score(
            self, tables: Tables, as_of: date, *, behaviour: pd.DataFrame | None = None
        ) -> pd.DataFrame:
            scores = super().score(tables, as_of, behaviour=behaviour)
            return scores.assign(
                value_at_risk=float("nan"), at_risk_rank=pd.array([pd.NA] * len(scores), dtype="Int32")
            )

    run = score_run(Blind(), TABLES, AS_OF, "run-1", reasons_for=0)
    assert run.scores["reasons"].isna().all()


def test_a_run_is_published_whole_and_old_ones_are_forgotten(store: Store) -> None:
    bundle = FakeBundle()
    for number in range(4):
        scored = score_run(bundle, TABLES, AS_OF, f"run-{number}")
        publish_run(scored, store, published_at=PUBLISHED_AT, retention=Retention(keep_runs=2))
    scores, run = scored.scores, store.current_run()
    assert run is not None
    assert (run.run_id, run.model_version, run.customers) == ("run-3", VERSION, len(scores))
    assert [kept.run_id for kept in store.runs()] == ["run-3", "run-2"]
    found = store.lookup(scores["customer_id"].tolist())
    for row in scores.to_dict("records"):
        assert found[row["customer_id"]]["churn_probability"] == row["churn_probability"]
        assert found[row["customer_id"]]["reasons"] == row["reasons"]


def test_the_fake_scores_fit_the_schema() -> None:
    scores = score_run(FakeBundle(), TABLES, AS_OF, "run-1").scores
    assert list(scores.columns) == SCORE_SCHEMA.names


def test_the_shelf_opens_a_bundle_once_and_keeps_the_last_two(tmp_path: Path) -> None:
    versions = [f"{number:012x}" for number in range(3)]
    opened: list[str] = []

    class Versioned(FakeBundle):
        def __init__(self, version: str) -> None:
            super().__init__()
            self.version = version

    def remember(folder: Path) -> Versioned:
        opened.append(folder.name)
        return Versioned(folder.name)

    shelf = Shelf(tmp_path, remember)
    for version in (versions[0], versions[0], versions[1], versions[2], versions[1], versions[0]):
        assert shelf.of(version).version == version
    assert opened == [versions[0], versions[1], versions[2], versions[0]]


@pytest.mark.parametrize("version", ["../../etc", "", "current", "0A1B2C3D4E5F", VERSION, "ffffffffffff"])
def test_a_version_that_is_none_or_not_there_or_exchanged_is_told(tmp_path: Path, version: str) -> None:
    (tmp_path / "ffffffffffff").mkdir()  # the fake in it says that it is another version
    with pytest.raises(ModelUnavailableError):
        Shelf(tmp_path, load).of(version)
