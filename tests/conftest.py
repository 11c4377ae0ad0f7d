from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_once import made_once
from training import mlflow_home
from training.mlflow_home import DATABASE
from training.registry import Registry


@pytest.fixture(scope="session", autouse=True)
def _mlflow_is_set_up_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder's new MLflow begins as a copy of an empty one: its seventy migrations take seconds."""
    really_opened = mlflow_home.opened

    def opened(home: Path) -> tuple[str, str]:
        database = home / DATABASE
        if not database.exists():
            empty = made_once(tmp_path_factory, "empty-mlflow", set_up)
            database.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(empty / DATABASE, database)
        return really_opened(home)

    def set_up(folder: Path) -> None:
        assert Registry(*really_opened(folder)).champion() is None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mlflow_home, "opened", opened)
        yield
