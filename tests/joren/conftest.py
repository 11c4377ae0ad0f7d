import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from joren import tracking
from joren.cli.app import app
from tests.joren.shop import shop
from tests.made_once import made_once
from training.registry import Registry

QUESTION = ("--as-of", "2025-03-31", "--horizon-days", "60")


def joren(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "100"})


def typed(lines: str) -> str:
    """Do what a block of a document says (to joren, and ``cd``) in this process; return what was printed."""
    said = ""
    for line in lines.replace("\\\n", "").splitlines():
        program, *arguments = shlex.split(line, comments=True) or ["."]
        if program == "cd":
            os.chdir(*arguments)
        elif program != ".":
            assert program == "joren", line
            done = joren(*arguments)
            assert done.exit_code == 0, f"{line}\n{done.output}"
            said += done.stdout
    return said


@pytest.fixture
def undrawn() -> Iterator[None]:
    """No picture for MLflow is drawn: they take half of a small run, and are looked at elsewhere."""
    with without_pictures():
        yield


@contextmanager
def without_pictures() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracking, "_pictures", lambda *_: {})
        yield


@dataclass(frozen=True)
class Done:
    """A finished one-shot: what it printed, and where its results lie."""

    result: Result
    data: Path
    out: Path


@pytest.fixture(scope="session")
def sales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a shop, as joren gets it."""
    return made_once(tmp_path_factory, "sales", written_sales) / "sales.csv"


def written_sales(folder: Path) -> None:
    shop().to_csv(folder / "sales.csv", index=False)


@pytest.fixture(scope="session")
def one_shot(tmp_path_factory: pytest.TempPathFactory, sales: Path) -> Done:
    out = tmp_path_factory.mktemp("one-shot") / "results" / "march"
    with without_pictures():
        result = joren("run", "--transactions", sales, *QUESTION, "--out", out, "--currency", "EUR")
    assert result.exit_code == 0, result.output
    return Done(result, sales, out)


@pytest.fixture(scope="session")
def first_run(tmp_path_factory: pytest.TempPathFactory, sales: Path) -> Path:
    """A project folder after its first run, that nobody writes into."""

    def run(folder: Path) -> None:
        assert joren("init", folder, "--transactions", sales).exit_code == 0
        done = joren("run", "--project", folder, *QUESTION)
        assert done.exit_code == 0, done.output

    return made_once(tmp_path_factory, "first-run", run)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, first_run: Path) -> Path:
    """A copy of that folder, for the tests of one file."""
    folder = tmp_path_factory.mktemp("project")
    return shutil.copytree(first_run, folder, symlinks=True, dirs_exist_ok=True)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow without a model: to make one anew takes seconds."""
    home = tmp_path_factory.mktemp("home")
    assert Registry.local(home).champion() is None
    return home


@pytest.fixture
def out(tmp_path: Path, empty_home: Path) -> Path:
    """A folder of results to come, where MLflow is set up already."""
    folder = tmp_path / "out"
    shutil.copytree(empty_home / "mlruns", folder / "mlruns")
    return folder


Writer = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Writer:
    """Write a CSV file, and return its path."""

    def write(content: str | bytes) -> Path:
        path = tmp_path / "sales.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
