import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

import joren
from joren.cli.app import app

COMMANDS = sorted(
    f"{name} {inner}".strip()
    for name, command in get_command(app).commands.items()  # type: ignore[attr-defined]
    for inner in getattr(command, "commands", [""])
)
SLOW = (
    "pandas",
    "ibis",
    "mlflow",
    "xgboost",
    "sklearn",
    "scipy",
    "sqlalchemy",
    "fastapi",
    "matplotlib",
    "duckdb",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_says_what_it_does_and_shows_how(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    text = shown.stdout
    assert "Examples" in text
    assert f"joren {command}" in text.partition("Examples")[2]
    description = text.partition("Usage:")[2].partition("╭")[0]
    assert len(description.split()) > 10


def test_the_help_fits_on_a_terminal_of_80_columns() -> None:
    for command in COMMANDS:
        shown = CliRunner().invoke(app, [*command.split(), "--help"], env={"COLUMNS": "80"}).stdout
        assert max(map(len, shown.splitlines())) <= 80
        assert "…" not in shown.partition("Examples")[2]


def test_asking_for_help_imports_nothing_slow() -> None:
    program = (
        "import sys\nfrom typer.testing import CliRunner\nfrom joren.cli.app import app\n"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
        f"print([name for name in {SLOW} if name in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


def test_the_module_is_the_command_and_the_version_is_the_packages() -> None:
    shown = subprocess.check_output([sys.executable, "-m", "joren", "--version"], text=True)
    pyproject = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert shown == f"joren {joren.__version__}\n"
    assert joren.__version__ == pyproject["project"]["version"]
