import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest

from joren.commit import STAGING_NAME, Staging, staging

P = ParamSpec("P")
R = TypeVar("R")
NAMES = ("scores.parquet", "model", "metrics.json")


def write(folder: Path, text: str) -> None:
    (folder / "model").mkdir(parents=True)
    for name in ("scores.parquet", f"model/{text}.json", "metrics.json"):
        (folder / name).write_text(text)


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def stand(text: str) -> dict[str, str]:
    return {"scores.parquet": text, f"model/{text}.json": text, "metrics.json": text}


def test_what_is_committed_replaces_what_stood_and_leaves_the_rest_alone(tmp_path: Path) -> None:
    write(tmp_path, "old")
    (tmp_path / "own.txt").write_text("mine")
    with staging(tmp_path) as stage:
        write(stage.new, "new")
        (stage.scratch / "t").write_text("temporary")
        stage.commit(*NAMES)
    assert texts(tmp_path) == stand("new") | {"own.txt": "mine"}
    assert not (tmp_path / STAGING_NAME).exists()


def test_without_a_commit_nothing_has_changed(tmp_path: Path) -> None:
    write(tmp_path, "old")
    with staging(tmp_path) as stage:
        write(stage.new, "new")
    assert texts(tmp_path) == stand("old")


class Death(BaseException):
    pass


@pytest.mark.parametrize("step", range(12))
def test_a_commit_that_dies_at_any_step_is_whole_after_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Every rename, and the removal of the marker, is a step; the process dies right before step ``step``."""
    write(tmp_path, "old")
    steps = iter(range(100))

    def dying(function: Callable[P, R]) -> Callable[P, R]:
        def wrapped(*arguments: P.args, **options: P.kwargs) -> R:
            if next(steps) == step:
                raise Death
            return function(*arguments, **options)

        return wrapped

    stage = Staging(tmp_path)
    stage.open()
    write(stage.new, "new")
    with monkeypatch.context() as patch:
        for name in ("rename", "replace", "unlink"):
            patch.setattr(os, name, dying(getattr(os, name)))
        died = False
        try:
            stage.commit(*NAMES)
        except Death:
            died = True
    with staging(tmp_path):
        pass
    assert texts(tmp_path) == stand("old" if step == 0 else "new")
    assert died == (step < 6)


def test_a_file_may_take_the_place_of_a_folder_and_a_folder_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").write_text("b")
    with staging(tmp_path) as stage:
        (stage.new / "a").write_text("a")
        (stage.new / "b").mkdir()
        stage.commit("a", "b")
    assert (tmp_path / "a").is_file()
    assert (tmp_path / "b").is_dir()
