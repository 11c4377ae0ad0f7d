import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from joren.cli.app import app
from tests.joren.shop import shop

QUESTION = ("--as-of", "2025-03-31", "--horizon-days", "60")


def joren(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "100"})


@dataclass(frozen=True)
class Done:
    """A finished one-shot: what it printed, and where its results lie."""

    result: Result
    data: Path
    out: Path


@pytest.fixture(scope="session")
def one_shot(tmp_path_factory: pytest.TempPathFactory) -> Done:
    folder = tmp_path_factory.mktemp("one-shot")
    data, out = folder / "sales.csv", folder / "results" / "march"
    shop().to_csv(data, index=False)
    result = joren("run", "--transactions", data, *QUESTION, "--out", out, "--currency", "EUR")
    assert result.exit_code == 0, result.output
    return Done(result, data, out)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, one_shot: Done) -> Path:
    """A project folder after its first run."""
    folder = tmp_path_factory.mktemp("project")
    assert joren("init", folder, "--transactions", one_shot.data).exit_code == 0
    done = joren("run", "--project", folder, *QUESTION)
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def out(tmp_path: Path, one_shot: Done) -> Path:
    """A folder of results to come, with the MLflow of another run: to make one anew takes seconds."""
    folder = tmp_path / "out"
    shutil.copytree(one_shot.out / "mlruns", folder / "mlruns")
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
