"""The command line put together, and how each of its ends turns into an exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from features.errors import JorenError
from joren import __version__
from joren.cli import (
    at_risk,
    backtest,
    backup,
    check,
    clv,
    clv_fit,
    cx,
    erase,
    explain,
    features,
    horizon,
    init,
    keys,
    models,
    monitor,
    promote,
    run,
    runs,
    serve,
    sign_in,
    simulate,
    traits,
)
from joren.cli.failures import show_fault, show_refusal

__all__ = ["app"]

INTERRUPTED = 130  # as a shell tells of a program that Ctrl-C ended


class JorenGroup(TyperGroup):
    """Commands whose errors end in a message and in the error's own exit code.

    0 done, 1 a fault of Joren's, 2 input or configuration, 3 a gate said no, 4 another run holds the lock,
    130 interrupted.
    """

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  # Typer's types of both are private
        """Run the command; show what stopped it."""
        from rich.console import Console

        try:
            return super().invoke(ctx)
        except JorenError as error:
            show_refusal(error, Console(stderr=True))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            stopped = JorenError(
                "Interrupted.", mend="Nothing is half written; the same command starts anew."
            )
            show_refusal(stopped, Console(stderr=True))
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            show_fault(error, Console(stderr=True))
            raise typer.Exit(1) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"joren {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=JorenGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


@app.callback()
def joren(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the whole trace of a fault of Joren's.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Which customers are about to leave, what each is worth, why, and whom it pays to keep."""


keys_app = typer.Typer(
    no_args_is_help=True, help="Make, list, rotate and revoke the API keys of the service."
)
app.add_typer(keys_app, name="keys")
features_app = typer.Typer(no_args_is_help=True, help="List the features, or build them for a moment.")
app.add_typer(features_app, name="features")
clv_app = typer.Typer(
    no_args_is_help=True, help="The lifetime-value models by themselves: fit, ask, compare, draw."
)
app.add_typer(clv_app, name="clv")

runs_app = typer.Typer(no_args_is_help=True, help="The published runs: list them, go back to one, prune.")
app.add_typer(runs_app, name="runs")

Examples = Sequence[tuple[str, str]]


def _add(to: typer.Typer, name: str, command: Callable[..., None], examples: Examples) -> None:
    """Add a command whose help is its docstring, in flowing paragraphs, and examples with what they do."""
    paragraphs = cleandoc(command.__doc__ or "").split("\n\n")
    told = "\n\n".join(paragraph.replace("\n", " ") for paragraph in paragraphs)
    lines = "\n".join(f"  {escape(line)}\n      [dim]{meaning}[/dim]" for line, meaning in examples)
    to.command(name, help=told, epilog=f"\b\n[bold]Examples[/bold]\n{lines}")(command)


_add(app, "init", init.init, init.EXAMPLES)
_add(app, "check", check.check, check.EXAMPLES)
_add(app, "run", run.run, run.RUN_EXAMPLES)
_add(app, "train", run.train, run.TRAIN_EXAMPLES)
_add(app, "score", run.score, run.SCORE_EXAMPLES)
_add(app, "at-risk", at_risk.at_risk, at_risk.EXAMPLES)
_add(app, "backtest", backtest.backtest, backtest.EXAMPLES)
_add(app, "horizon", horizon.horizon, horizon.EXAMPLES)
_add(app, "models", models.models, models.EXAMPLES)
_add(app, "promote", promote.promote, promote.PROMOTE_EXAMPLES)
_add(app, "rollback", promote.rollback, promote.ROLLBACK_EXAMPLES)
_add(app, "explain", explain.explain, explain.EXAMPLES)
_add(app, "monitor", monitor.monitor, monitor.EXAMPLES)
_add(app, "serve", serve.serve, serve.EXAMPLES)
_add(app, "sign-in", sign_in.sign_in, sign_in.SIGN_IN_EXAMPLES)
_add(app, "sign-out", sign_in.sign_out, sign_in.SIGN_OUT_EXAMPLES)
_add(app, "backup", backup.backup, backup.BACKUP_EXAMPLES)
_add(app, "restore", backup.restore, backup.RESTORE_EXAMPLES)
_add(app, "erase", erase.erase, erase.EXAMPLES)
_add(app, "cx", cx.cx, cx.EXAMPLES)
_add(app, "traits", traits.traits, traits.EXAMPLES)
_add(app, "simulate", simulate.simulate, simulate.EXAMPLES)
_add(features_app, "list", features.list_features, features.LIST_EXAMPLES)
_add(features_app, "build", features.build, features.BUILD_EXAMPLES)
_add(clv_app, "fit", clv_fit.fit, clv_fit.EXAMPLES)
_add(clv_app, "predict", clv.predict, clv.PREDICT_EXAMPLES)
_add(clv_app, "compare", clv.compare, clv.COMPARE_EXAMPLES)
_add(clv_app, "plot", clv.plot, clv.PLOT_EXAMPLES)
_add(keys_app, "create", keys.create, keys.CREATE_EXAMPLES)
_add(keys_app, "list", keys.list_keys, keys.LIST_EXAMPLES)
_add(keys_app, "rotate", keys.rotate, keys.ROTATE_EXAMPLES)
_add(keys_app, "revoke", keys.revoke, keys.REVOKE_EXAMPLES)
_add(runs_app, "list", runs.list_runs, runs.LIST_EXAMPLES)
_add(runs_app, "rollback", runs.rollback, runs.ROLLBACK_EXAMPLES)
_add(runs_app, "prune", runs.prune, runs.PRUNE_EXAMPLES)
