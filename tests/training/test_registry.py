"""MLflow's side: runs, versions, the champion; no customer in it, and nothing lost when a folder moves."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.training.bundles import saved
from tests.training.test_plots import an_evaluation
from training.bundle import Bundle
from training.errors import BundleError, PromotionLockedError, RegistryError
from training.evaluate import Evaluation
from training.mlflow_home import ARTIFACTS, DATABASE
from training.mlflow_run import Nested
from training.plots import figures
from training.promotion import one_promotion_at_a_time, promotions
from training.registry import Registry, Version

if TYPE_CHECKING:
    from mlflow import MlflowClient

EVALUATION = an_evaluation()
CARD = "# Joren\n\nWhat it is."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow for all these tests (making one takes seconds), in a folder with an awkward name."""
    return tmp_path_factory.mktemp("顧客 and space")


@pytest.fixture(scope="module")
def registry(home: Path) -> Registry:
    return Registry.local(home)


def register(registry: Registry, bundle: Path, evaluation: Evaluation | None = EVALUATION) -> Version:
    return registry.register(
        bundle,
        evaluation,
        parameters={"seed": 0, "max_moments": 12},
        fingerprint={"hash": "9f3c", "rows": 69_659, "schema": "customer_id, timestamp, amount"},
        figures={"roc": figures(EVALUATION)["roc"]},
        card=CARD,
        tags={"note": "a test"},
    )


@pytest.fixture(scope="module")
def first(registry: Registry, home: Path) -> Version:
    return register(registry, saved(home / "first", seed=1))


@pytest.fixture(scope="module")
def second(registry: Registry, home: Path, first: Version) -> Version:
    assert first
    return register(registry, saved(home / "second", seed=2), None)


@pytest.fixture
def client(registry: Registry) -> Iterator[MlflowClient]:
    with registry._mlflow() as mlflow:
        yield mlflow.MlflowClient()


def test_a_run_holds_what_a_data_scientist_looks_for(client: MlflowClient, first: Version) -> None:
    run = client.get_run(first.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["seed"] == "0"
    assert run.data.params["data/rows"] == "69659"
    assert run.data.metrics["joren/auc"] == EVALUATION.metrics["Joren"]["auc"]
    assert "bg_nbd/log_loss" in run.data.metrics
    assert client.get_logged_model(run.outputs.model_outputs[0].model_id).name == "bundle"
    assert run.data.tags["bundle_version"] == first.bundle_version
    assert run.data.tags["mlflow.note.content"] == CARD
    assert {one.path for one in client.list_artifacts(first.run_id)} == {
        "evaluation.json",
        "figures",
        "model_card.md",
    }
    assert [one.path for one in client.list_artifacts(first.run_id, "figures")] == ["figures/roc.png"]


def test_no_customer_is_anywhere_in_mlflow(home: Path, first: Version, second: Version) -> None:
    assert first.number != second.number
    kept = [path.read_bytes() for path in (home / "mlruns").rglob("*") if path.is_file()]
    customers = [name.encode() for name in EVALUATION.predictions.index]
    assert kept
    assert not [name for name in customers if any(name in content for content in kept)]


def test_the_model_is_kept_without_a_pickle_and_with_its_requirements(
    registry: Registry, first: Version
) -> None:
    model = registry.bundle_path(first).parents[1]
    names = {path.name for path in model.rglob("*")}
    assert "pyfunc_model.py" in names
    assert not [name for name in names if name.endswith((".pkl", ".pickle", ".joblib"))]
    needed = (model / "requirements.txt").read_text()
    assert "pandas==" in needed
    assert ("xgboost-cpu==" in needed) != ("xgboost==" in needed)


def test_the_same_bundle_gets_a_second_run_but_no_second_version(
    registry: Registry, home: Path, client: MlflowClient, first: Version
) -> None:
    runs = len(client.search_runs([client.get_run(first.run_id).info.experiment_id]))
    again = register(registry, home / "first")
    assert (again.number, again.run_id) == (first.number, first.run_id)
    assert len(client.search_runs([client.get_run(first.run_id).info.experiment_id])) == runs + 1
    assert [one.bundle_version for one in registry.versions()].count(first.bundle_version) == 1


def test_promotion_moves_alias_pointer_and_says_who_when_and_why(
    registry: Registry, home: Path, first: Version, second: Version
) -> None:
    bundles = home / "bundles"
    assert registry.champion() is None
    for version in (first, second, first):
        told = registry.promote(version.number, bundles, why="better on the newest moment", who="a test")
        assert (told.number, told.bundle_version) == (version.number, version.bundle_version)
        assert (bundles / "current").readlink() == Path(version.bundle_version)
        assert Bundle.load(bundles / "current").version == version.bundle_version
        champion = registry.champion()
        assert champion == Version(version.number, version.run_id, version.bundle_version, is_champion=True)
        assert Bundle.load(registry.bundle_path(champion)).version == version.bundle_version
        assert champion.tags["promoted_because"] == "better on the newest moment"
        assert champion.tags["promoted_by"] == "a test"
        age = datetime.now(UTC) - datetime.fromisoformat(champion.tags["promoted_at"])
        assert age < timedelta(minutes=5)
    assert sorted(path.name for path in bundles.iterdir() if not path.name.startswith(".")) == sorted(
        ["current", "promotions.jsonl", first.bundle_version, second.bundle_version]
    )


def test_of_two_promotions_at_once_one_is_told(registry: Registry, home: Path, first: Version) -> None:
    with one_promotion_at_a_time(home / "held"), pytest.raises(PromotionLockedError) as told:
        registry.promote(first.number, home / "held", why="", who="")
    assert told.value.exit_code == 4
    registry.promote(first.number, home / "held", why="the lock is free again", who="a test")


def test_an_unknown_version_is_refused_and_the_known_are_named(
    registry: Registry, home: Path, first: Version
) -> None:
    with pytest.raises(RegistryError, match="has no version 99") as told:
        registry.promote(99, home / "nowhere", why="", who="")
    assert f"version {first.number}" in told.value.which
    assert told.value.exit_code == 2
    assert not (home / "nowhere" / "current").exists()


def test_a_damaged_bundle_is_not_promoted(registry: Registry, home: Path) -> None:
    version = register(registry, saved(home / "third", seed=3))
    (registry.bundle_path(version) / "metadata.json").write_text("{}")
    with pytest.raises(BundleError):
        registry.promote(version.number, home / "untouched", why="", who="")
    assert not (home / "untouched" / "current").exists()
    assert not (home / "untouched" / version.bundle_version).exists()


def test_what_the_process_had_set_is_set_again(
    registry: Registry, first: Version, capfd: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    before = mlflow.get_tracking_uri()
    assert first.number in [one.number for one in registry.versions()]
    assert mlflow.get_tracking_uri() == before
    assert mlflow.active_run() is None
    assert "MLFLOW_SQLALCHEMYSTORE_POOLCLASS" not in os.environ
    assert capfd.readouterr() == ("", "")


def test_a_moved_home_keeps_its_models(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new 場所"
    (old / ARTIFACTS).mkdir(parents=True)
    with sqlite3.connect(old / DATABASE) as connection:
        for table, column in (
            ("experiments", "artifact_location"),
            ("runs", "artifact_uri"),
            ("logged_models", "artifact_location"),
            ("model_versions", "source"),
        ):
            connection.execute(f"CREATE TABLE {table} ({column} TEXT, storage_location TEXT)")
        inside, outside = f"{old / ARTIFACTS}", "/elsewhere/mlruns/0"
        connection.execute("INSERT INTO experiments VALUES (?, NULL), (?, NULL)", (inside, outside))
        connection.execute("INSERT INTO runs VALUES (?, NULL)", (f"{inside}/9f/artifacts",))
        connection.execute(
            "INSERT INTO model_versions VALUES ('models:/m-9f', ?)", (f"{inside}/models/m-9f",)
        )
    connection.close()
    old.rename(new)
    registry = Registry.local(new)
    with sqlite3.connect(new / DATABASE) as connection:
        told = [
            connection.execute(f"SELECT * FROM {t}").fetchall()
            for t in ("experiments", "runs", "model_versions")
        ]
    connection.close()
    moved = f"{new / ARTIFACTS}"
    assert registry.artifact_root == moved
    assert told == [
        [(moved, None), (outside, None)],
        [(f"{moved}/9f/artifacts", None)],
        [("models:/m-9f", f"{moved}/models/m-9f")],
    ]


def test_a_staged_copy_of_a_home_is_a_home_of_its_own(home: Path, first: Version, tmp_path: Path) -> None:
    """What a run does: copy, register in the copy, move the copy into place; and again, in one process."""
    staged, place = tmp_path / "staged", tmp_path / "place"
    shutil.copytree(home / "mlruns", staged / "mlruns")
    known = len(Registry.local(staged).versions())
    for seed in (11, 12):
        register(Registry.local(staged), saved(tmp_path / f"{seed}", seed=seed), None)
        shutil.rmtree(place, ignore_errors=True)
        staged.rename(place)
        versions = Registry.local(place).versions()
        assert len(versions) == known + seed - 10
        assert Bundle.load(Registry.local(place).bundle_path(versions[-1])).metadata.seed == seed
        shutil.copytree(place / "mlruns", staged / "mlruns")
    assert first.number in [one.number for one in versions]


def test_a_real_home_that_moves_still_gives_its_champion(
    registry: Registry, home: Path, first: Version
) -> None:
    registry.promote(first.number, home / "bundles", why="to be moved", who="a test")
    moved = home.rename(home.with_name("moved"))
    try:
        registry = Registry.local(moved)
        champion = registry.champion()
        assert champion is not None
        found = registry.bundle_path(champion)
        assert moved in found.parents
        assert Bundle.load(found).version == first.bundle_version
    finally:
        moved.rename(home)
        Registry.local(home)


def test_a_run_without_an_evaluation_has_no_metrics(client: MlflowClient, second: Version) -> None:
    run = client.get_run(second.run_id)
    assert run.data.metrics == {}
    assert run.info.status == "FINISHED"


def test_who_decided_over_a_champion_that_no_longer_stands_is_told(
    registry: Registry, tmp_path: Path, first: Version, second: Version
) -> None:
    registry.promote(first.number, tmp_path, why="the one that was seen", who="a test")
    registry.promote(second.number, tmp_path, why="meanwhile", who="another", over=first.number)
    with pytest.raises(PromotionLockedError, match="Another champion was chosen") as told:
        registry.promote(first.number, tmp_path, why="late", who="a test", over=first.number)
    assert told.value.exit_code == 4
    assert (tmp_path / "current").readlink() == Path(second.bundle_version)


def test_rollbacks_go_back_one_promotion_after_the_other(
    registry: Registry, tmp_path: Path, first: Version, second: Version
) -> None:
    with pytest.raises(RegistryError, match="no champion to go back to"):
        registry.rollback(tmp_path, why="", who="a test")
    for version in (first, second, second, first):
        registry.promote(version.number, tmp_path, why="", who="a test")
    for expected in (second, first):
        assert registry.rollback(tmp_path, why="worse", who="a test").number == expected.number
        assert (tmp_path / "current").readlink() == Path(expected.bundle_version)
        champion = registry.champion()
        assert champion is not None
        assert champion.number == expected.number
    with pytest.raises(RegistryError, match="no champion to go back to"):
        registry.rollback(tmp_path, why="", who="a test")
    told = [(one.number, one.how, one.who) for one in promotions(tmp_path)]
    assert told[-2:] == [
        (second.number, "rollback", "a test"),
        (first.number, "rollback", "a test"),
    ]


def test_nested_runs_and_documents_are_below_the_run_that_they_belong_to(
    registry: Registry, home: Path, client: MlflowClient
) -> None:
    bundle = saved(home / "nested", seed=7)
    version = registry.register(
        bundle,
        EVALUATION,
        parameters={},
        fingerprint={"sha256": "9f3c"},
        figures={},
        card=CARD,
        documents={"gate.json": {"promoted": True}, "tenths.csv": "tenth,left\n1,0.9\n"},
        metrics={"segment/loyal/auc": 0.7},
        nested=[Nested("trial 0", {"eta": 0.06}, {"log_loss": 0.5})],
    )
    run = client.get_run(version.run_id)
    assert run.data.metrics["segment/loyal/auc"] == 0.7
    assert run.data.tags["lock_sha256"]
    assert {"gate.json", "tenths.csv"} <= {one.path for one in client.list_artifacts(version.run_id)}
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, len(dataset.dataset.digest)) == ("transactions", 32)
    (child,) = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{version.run_id}'")
    assert (child.info.run_name, child.data.params, child.data.metrics) == (
        "trial 0",
        {"eta": "0.06"},
        {"log_loss": 0.5},
    )
    assert registry.golden(version) is None
