"""``joren backtest``: how good the forecasts would have been, at moments of the past."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

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

__all__ = ["EXAMPLES", "backtest"]

EXAMPLES = (
    ("joren backtest", "in a project folder, over joren.toml's horizon"),
    ("joren backtest --moments 3 --step 30", "the last three, a month apart"),
    ("joren backtest --transactions sales.csv --horizon-days 90 --out trial", "without a project"),
)


def backtest(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: HorizonDays = None,
    moments: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=50, help="How many moments; unless said, six at the most."),
    ] = None,
    step: Annotated[
        int | None,
        typer.Option(metavar="DAYS", min=1, max=3650, help="How far apart; unless said, a horizon."),
    ] = None,
    language: Annotated[Literal["en", "ja"], typer.Option(help="The language of the report.")] = "en",
    as_json: AsJson = False,
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the report goes; unless said, nowhere.", rich_help_panel=DATA
        ),
    ] = None,
) -> None:
    """Roll over the past: learn at each moment from what was known, forecast, hold that against what came.

    Beside Joren stand the recency rule, BG/NBD, XGBoost on recency, frequency and spend, and one rate for
    everybody. Differences carry 95 % intervals, the worst moment is shown, and a grade from A to F says how
    far to trust it all, by a rule in plain words. The report lies in reports/backtest.md, with pictures.
    """
    from rich.console import Console

    from joren.backtesting import FILES, backtest_project
    from joren.cli.progress import Steps
    from joren.cli.render_backtest import show_backtest
    from joren.clv import project_asked
    from joren.outputs import REPORTS

    if transactions is None:
        refuse_alone({"map": mapping, "zone": zone, "currency": currency, "out": out})
        folder: Path | None = project / REPORTS
    else:
        folder = out
    asked = project_asked(project, transactions, as_of, mapping=mapping or (), zone=zone, currency=currency)
    if horizon_days is not None:
        asked = replace(asked, training=replace(asked.training, horizon_days=horizon_days))
    found, notes = backtest_project(
        asked, Steps(Console(stderr=True)), moments=moments, step_days=step, folder=folder, language=language
    )
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        files = {} if folder is None else {str(folder / name): told for name, told in FILES.items()}
        show_backtest(found, asked.source_name, notes, files, language, Console())
