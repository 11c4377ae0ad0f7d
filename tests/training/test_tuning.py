"""Trials of hyperparameters: before the moment that judges, the same whether interrupted or not."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.training.bundles import AS_OF, a_shop
from training.config import DEFAULT, Hyperparameters, TrainingConfig
from training.errors import NotEnoughDataError
from training.snapshots import Snapshots
from training.tuning import Trial, Trials, tune

CONFIG = TrainingConfig(30, max_moments=5)
TRIALS = 3


@pytest.fixture(scope="module")
def snapshots() -> Snapshots:
    return Snapshots(a_shop())


@pytest.fixture(scope="module")
def on(snapshots: Snapshots) -> Trials:
    return Trials.of(snapshots, AS_OF, CONFIG)


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trials") / "trials.db"


@pytest.fixture(scope="module")
def tried(on: Trials, storage: Path) -> list[Trial]:
    return on.up_to(TRIALS, storage)


def test_the_best_comes_first_and_what_was_given_is_among_them(tried: list[Trial]) -> None:
    assert [one.log_loss for one in tried] == sorted(one.log_loss for one in tried)
    assert sorted(one.number for one in tried) == [0, 1, 2]
    assert [one.hyperparameters for one in tried if one.number == 0] == [DEFAULT]
    assert len({one.hyperparameters for one in tried}) == TRIALS


def test_no_outcome_of_a_trial_reaches_into_the_days_that_judge(tried: list[Trial]) -> None:
    judged = AS_OF - timedelta(days=CONFIG.horizon_days)
    moments = {moment for one in tried for moment in one.by_moment}
    assert moments
    assert max(moments) + timedelta(days=CONFIG.horizon_days) <= judged


def test_an_interrupted_study_goes_on_as_if_it_had_not_been(
    on: Trials, tried: list[Trial], tmp_path: Path
) -> None:
    storage = tmp_path / "other.db"
    on.up_to(1, storage)
    with sqlite3.connect(storage) as database:  # as a process leaves it that is killed in a trial
        database.execute(
            "INSERT INTO trials (number, study_id, state, datetime_start) "
            "SELECT 1, study_id, 'RUNNING', datetime('now') FROM studies"
        )
    database.close()
    assert on.up_to(TRIALS, storage) == tried


def test_what_is_on_record_is_not_tried_again_and_other_settings_are_another_study(
    on: Trials, tried: list[Trial], storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.tuning.Trials.run", None)
    assert on.up_to(TRIALS, storage) == tried
    with pytest.raises(TypeError):
        replace(on, config=replace(CONFIG, seed=1)).up_to(1, storage)


def test_too_short_a_history_is_refused(tmp_path: Path, snapshots: Snapshots) -> None:
    with pytest.raises(NotEnoughDataError, match="too short to try hyperparameters") as told:
        tune(a_shop(), AS_OF, TrainingConfig(120), 2, tmp_path / "none.db", snapshots=snapshots)
    assert told.value.exit_code == 2


@pytest.mark.parametrize("wrong", [{"eta": 1.5}, {"rounds": 0}, {"subsample": -0.1}])
def test_hyperparameters_that_teach_nothing_cannot_be(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Hyperparameters(**{**asdict(DEFAULT), **wrong})


def test_a_configuration_survives_json() -> None:
    config = replace(CONFIG, hyperparameters=Hyperparameters(max_depth=2), allow=("plan",))
    assert TrainingConfig.from_dict(config.to_dict()) == config
