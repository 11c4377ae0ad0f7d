"""``joren clv fit``: one lifetime-value model by itself, and its parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from joren.cli.options import (
    DATA,
    AsJson,
    AsOf,
    Currency,
    Mapping,
    ProjectFolder,
    Transactions,
    Zone,
    refuse_alone,
)

__all__ = ["EXAMPLES", "fit"]

EXAMPLES = (
    ("joren clv fit --transactions sales.csv --time-unit week", "BG/NBD, told in weeks as in the papers"),
    ("joren clv fit --model gammagamma --project demo --json", "a project's spend, for machines"),
    ("joren clv fit --model bgbb --period year --transactions gifts.csv", "purchases once a year at most"),
    (
        "joren clv fit --model sbg --subscriptions contracts.csv --as-of 2026-03-31",
        "contracts that renew every month",
    ),
)


def fit(
    model: Annotated[
        Literal["bgnbd", "mbgnbd", "paretonbd", "gammagamma", "bgbb", "sbg"],
        typer.Option(help="Which model."),
    ] = "bgnbd",
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    time_unit: Annotated[
        Literal["day", "week"],
        typer.Option(help="What bgnbd, mbgnbd and paretonbd are told in; a week is 7 days, not rounded."),
    ] = "day",
    period: Annotated[
        str | None,
        typer.Option(
            metavar="PERIOD",
            help="What bgbb counts in, and sbg renews by (unless said, a month): 7d, month, quarter, year …",
        ),
    ] = None,
    engine: Annotated[
        Literal["joren", "lifetimes"], typer.Option(help="Who fits: Joren, or the lifetimes package.")
    ] = "joren",
    as_json: AsJson = False,
    transactions: Transactions = None,
    subscriptions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="CSV or Parquet with started_at and ended_at, for sbg.",
            rich_help_panel=DATA,
        ),
    ] = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
) -> None:
    """Fit one model, and tell its parameters with standard errors, as the papers do.

    A fit ends in a maximum of the likelihood, or in an error that says what the data lacks. Where the
    likelihood alone has no maximum a weak prior is taken, and how strongly is told.
    """
    from rich.console import Console

    from joren.cli.progress import Steps
    from joren.cli.render_clv_fit import show_fit
    from joren.clv import fit_model, fit_subscriptions, project_asked, subscriptions_asked
    from training.clv_fit import Engine

    steps = Steps(Console(stderr=True))
    if model == "sbg":
        if as_of is None or transactions is not None or engine != "joren":
            raise typer.BadParameter(
                "--model sbg is fitted by Joren, to --subscriptions FILE, and needs --as-of."
            )
        data = subscriptions_asked(project, subscriptions, mapping=mapping or (), zone=zone)
        told = fit_subscriptions(data, as_of, period or "month", steps)
    elif subscriptions is not None:
        raise typer.BadParameter("--subscriptions FILE goes with --model sbg.")
    else:
        if transactions is None:
            refuse_alone({"map": mapping, "zone": zone, "currency": currency})
        asked = project_asked(
            project, transactions, as_of, mapping=mapping or (), zone=zone, currency=currency
        )
        told = fit_model(model, asked, steps, time_unit=time_unit, period=period, engine=Engine(engine))
    if as_json:
        typer.echo(json.dumps(told.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_fit(told, Console())
