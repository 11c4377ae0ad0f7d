import pytest
import typer
from typer.testing import CliRunner

from features.errors import DataError
from joren.cli.app import JorenGroup, app
from joren.errors import RunLockedError

tried = typer.Typer(cls=JorenGroup, pretty_exceptions_enable=False)


@tried.callback()
def options(debug: bool = False) -> None:  # noqa: FBT001, FBT002
    """Stand in for the command line."""


@tried.command()
def refused() -> None:
    raise DataError("[bold]Two rows[/bold] are bad.", which=["row 2", "row 7"], mend="Correct them.")


@tried.command()
def locked() -> None:
    raise RunLockedError("Another run is at work.")


@tried.command()
def faulty() -> None:
    raise KeyError("lost")


@tried.command()
def interrupted() -> None:
    raise KeyboardInterrupt


def test_an_interruption_is_told_and_has_a_shell_s_exit_code() -> None:
    result = CliRunner().invoke(tried, ["interrupted"])
    assert result.exit_code == 130
    assert result.stderr.splitlines()[0] == "✗ Interrupted."


def test_what_stops_a_run_is_told_without_a_trace_and_its_words_are_no_markup() -> None:
    result = CliRunner().invoke(tried, ["refused"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "✗ [bold]Two rows[/bold] are bad.",
        "    row 2",
        "    row 7",
        "→ Correct them.",
    ]


def test_every_error_has_its_own_exit_code() -> None:
    assert CliRunner().invoke(tried, ["locked"]).exit_code == 4
    assert CliRunner().invoke(tried, ["unknown"]).exit_code == 2
    assert CliRunner().invoke(app, ["init"]).exit_code == 2


def test_a_fault_says_where_and_its_trace_is_for_who_asks() -> None:
    result = CliRunner().invoke(tried, ["faulty"])
    assert result.exit_code == 1
    assert "KeyError: 'lost'" in result.stderr
    assert "in faulty, test_failures.py line" in result.stderr
    assert "Traceback" not in result.stderr
    with pytest.raises(KeyError):
        CliRunner().invoke(tried, ["--debug", "faulty"], catch_exceptions=False)
