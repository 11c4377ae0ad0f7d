"""``joren run``, ``joren train`` and ``joren score``: the main job, and its two halves."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from joren.cli.options import (
    DATA,
    AsJson,
    AsOf,
    Currency,
    HorizonDays,
    Mapping,
    ProjectFolder,
    Transactions,
    Zone,
    refuse_alone,
)

if TYPE_CHECKING:
    from joren.cli.progress import Steps
    from joren.project import Project
    from joren.report import RunReport

__all__ = ["RUN_EXAMPLES", "SCORE_EXAMPLES", "TRAIN_EXAMPLES", "run", "score", "train"]

RUN_EXAMPLES = (
    ("joren run", "in a project folder, as joren.toml says"),
    ("joren run --as-of 2026-03-31", "the same, as of another day"),
    (
        (
            "joren run --transactions sales.csv --as-of 2026-03-31 --horizon-days 90 \\\n"
            "      --out results --map amount=total --map timestamp=bought_at"
        ),
        "without a project: one file in, one folder of results out",
    ),
)
TRAIN_EXAMPLES = (
    ("joren train", "learn from all that is known by now"),
    ("joren train --trials 40", "look for better hyperparameters first; a second time it goes on"),
    ("joren train --as-of 2026-03-31 --json", "as of another day, for machines"),
)
SCORE_EXAMPLES = (
    ("joren score", "score today's customers with the champion"),
    ("joren score --as-of 2026-03-31", "as of another day"),
)


def run(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: HorizonDays = None,
    transactions: Transactions = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the results go; nothing else is touched.", rich_help_panel=DATA
        ),
    ] = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
    margin_rate: Annotated[
        float | None,
        typer.Option(
            metavar="0..1",
            min=0,
            max=1,
            help="Margin / revenue, for data without margins.",
            rich_help_panel=DATA,
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Of every draw.", rich_help_panel=DATA)
    ] = None,
    as_json: AsJson = False,
    then: Annotated[list[str] | None, typer.Option("--next", hidden=True)] = None,
) -> None:
    """Do it all: read, learn, judge, score, and say who is about to leave and what they are worth.

    In a project folder everything follows joren.toml: the model is registered, it becomes the champion where
    it is better than what stands, and the champion's scores are published for `joren serve`.
    With --transactions no project is needed: one file in, one folder of results out.
    """
    steps = _steps()
    with steps.step("Starting"):
        from joren import pipeline
        from joren.outputs import REPORTS
        from joren.project import one_shot_project

    if transactions is None:
        one_shot = {"out": out, "map": mapping, "zone": zone, "currency": currency}
        refuse_alone({**one_shot, "margin_rate": margin_rate, "seed": seed})
        asked = _project(project, as_of, horizon_days)
        report, folder = pipeline.run_project(asked, steps), project / REPORTS
        after = ["joren at-risk --limit 50", "joren serve"]
    elif as_of is None or horizon_days is None or out is None:
        raise typer.BadParameter("--transactions FILE needs --as-of, --horizon-days and --out beside it.")
    else:
        asked = one_shot_project(
            transactions,
            as_of,
            horizon_days,
            out,
            mapping=mapping or (),
            zone=zone,
            currency=currency,
            margin_rate=margin_rate,
            seed=seed,
        )
        report, folder = pipeline.run_once(asked, steps), out
        after = [f"joren init my-shop --transactions {transactions}"]
    _show(report, folder, then or after, as_json=as_json)


def train(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: HorizonDays = None,
    trials: Annotated[
        int, typer.Option(metavar="N", min=0, help="Try N sets of hyperparameters first, and take the best.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Learn from past moments, judge the models on a held-out period, and register the result in MLflow.

    The new model becomes the champion, which `joren score` scores with, where the gate lets it in (see
    `joren promote`); else the exit code is 3.
    """
    from rich.console import Console

    steps = _steps()
    with steps.step("Starting"):
        from joren import pipeline
        from joren.cli.render import show_training

    report = pipeline.train_project(_project(project, as_of, horizon_days), steps, trials)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        show_training(report, Console())
    if report.kept.verdict.refused:
        raise typer.Exit(3)


def score(project: ProjectFolder = Path(), as_of: AsOf = None, as_json: AsJson = False) -> None:
    """Score every customer with the champion, and publish the scores, seen whole or not at all."""
    steps = _steps()
    with steps.step("Starting"):
        from joren import pipeline
        from joren.outputs import REPORTS

    report = pipeline.score_project(_project(project, as_of, None), steps)
    _show(report, project / REPORTS, ["joren at-risk --limit 50"], as_json=as_json)


def _project(folder: Path, as_of: date | None, horizon_days: int | None) -> Project:
    """Return the folder's project, with what the command line says in place of what the file says."""
    from joren.project import load_project

    project = load_project(folder)
    if as_of is not None:
        project = replace(project, as_of=as_of)
    if horizon_days is not None:
        project = replace(project, training=replace(project.training, horizon_days=horizon_days))
    return project


def _steps() -> Steps:
    from rich.console import Console

    from joren.cli.progress import Steps

    return Steps(Console(stderr=True))


def _show(report: RunReport, folder: Path, next_commands: Sequence[str], *, as_json: bool) -> None:
    from rich.console import Console

    from joren.cli.render import show_run

    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2))
    else:
        show_run(report, folder, next_commands, Console())
