"""``joren clv``: the lifetime-value models by themselves, fitted, asked, compared and drawn."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from joren.cli.options import (
    AsJson,
    AsOf,
    Currency,
    Mapping,
    ProjectFolder,
    Transactions,
    Zone,
    refuse_alone,
)

if TYPE_CHECKING:
    from joren.project import Project

__all__ = ["FIT_EXAMPLES", "fit"]

FIT_EXAMPLES = (
    ("joren clv fit --transactions sales.csv --time-unit week", "BG/NBD, told in weeks as in the papers"),
    ("joren clv fit --model gammagamma --project demo --json", "a project's spend, for machines"),
    ("joren clv fit --model bgbb --period year --transactions gifts.csv", "purchases once a year at most"),
)


def fit(
    model: Annotated[
        Literal["bgnbd", "mbgnbd", "paretonbd", "gammagamma", "bgbb"],
        typer.Option(help="Which model; the papers are named in training/models/."),
    ] = "bgnbd",
    transactions: Transactions = None,
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    time_unit: Annotated[
        Literal["day", "week"],
        typer.Option(help="What the parameters of purchase models are told in; a week is 7 days."),
    ] = "day",
    period: Annotated[
        str | None,
        typer.Option(
            metavar="PERIOD",
            help="What BG/BB counts in: 7d, 28d … (back from --as-of), month, quarter or year.",
        ),
    ] = None,
    engine: Annotated[
        Literal["joren", "lifetimes"], typer.Option(help="Who fits: Joren, or the lifetimes package.")
    ] = "joren",
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
    as_json: AsJson = False,
) -> None:
    """Fit one model, and tell its parameters with standard errors, as the papers do.

    A fit ends in numbers that are a maximum of the likelihood, or in an error that says what the data lacks.
    Where the likelihood alone has no maximum a weak prior is taken, and how strongly is told.
    """
    from rich.console import Console

    from joren.cli.progress import Steps
    from joren.cli.render_clv import show_fit
    from joren.clv import fit_model
    from training.clv_fit import Engine

    asked = _asked(project, transactions, as_of, mapping, zone, currency)
    steps = Steps(Console(stderr=True))
    told = fit_model(model, asked, steps, time_unit=time_unit, period=period, engine=Engine(engine))
    if as_json:
        typer.echo(json.dumps(told.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_fit(told, Console())


def _asked(
    folder: Path,
    transactions: Path | None,
    as_of: date | None,
    mapping: list[str] | None,
    zone: str | None,
    currency: str | None,
) -> Project:
    """Return the one file as a project, or else the folder's; ``as_of`` in place of what that says."""
    from dataclasses import replace

    from joren.clv import question_of
    from joren.project import load_project

    if transactions is not None:
        return question_of(transactions, as_of, mapping=mapping or (), zone=zone, currency=currency)
    refuse_alone({"map": mapping, "zone": zone, "currency": currency})
    project = load_project(folder)
    return project if as_of is None else replace(project, as_of=as_of)
