"""``joren clv predict``, ``compare`` and ``plot``: what the lifetime-value models answer."""

from __future__ import annotations

import json
from dataclasses import replace
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
    from datetime import date

    from joren.cli.progress import Steps
    from joren.project import Project

__all__ = ["COMPARE_EXAMPLES", "PLOT_EXAMPLES", "PREDICT_EXAMPLES", "compare", "plot", "predict"]

PREDICT_EXAMPLES = (
    ("joren clv predict --transactions sales.csv --margin-rate 0.4", "what each is worth in a year"),
    ("joren clv predict --horizon-days 91 --out quarter.parquet", "a project's next quarter, as a file"),
    ("joren clv predict --new", "what a customer is worth who is yet to come"),
)
COMPARE_EXAMPLES = (
    ("joren clv compare --transactions sales.csv", "which model fits, judged on what was held out"),
    ("joren clv compare --horizon-days 182 --json", "on half years, for machines"),
)
PLOT_EXAMPLES = (
    ("joren clv plot --transactions sales.csv --out pictures", "the last 91 days held out"),
    ("joren clv plot --model paretonbd --holdout-days 273 --out pictures", "one model, nine months"),
)
Model = Annotated[
    Literal["bgnbd", "mbgnbd", "paretonbd"] | None,
    typer.Option(help="As in its paper; unless said, the one that compare picks, with the year's rhythm."),
]


def predict(
    model: Model = None,
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=3650, help="How far ahead; unless said, 365 or the project's."),
    ] = None,
    discount_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", min=0, max=10, help="A year's; unless said, 0.10 or the project's."),
    ] = None,
    margin_rate: Annotated[
        float | None, typer.Option(metavar="0..1", min=0, max=1, help="Margin / revenue, if not recorded.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="A customer not yet seen, by the time since the first order.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every row to this .parquet or .csv.")
    ] = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many customers are shown.")] = 10,
    as_json: AsJson = False,
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
) -> None:
    """Say of every customer what is to be expected: purchases, value, when next, and how sure that is.

    Value is spend and margin to come, net of refunds, discounted by exact days at a rate a year. Intervals
    hold four of five.
    """
    from rich.console import Console

    from joren.cli.render_clv import show_prediction
    from joren.clv_answers import predict as answer
    from joren.clv_answers import with_terms
    from joren.table_file import refuse_place, write_table

    if out is not None:
        refuse_place(out)
    asked = with_terms(
        _asked(project, transactions, as_of, mapping, zone, currency),
        horizon_days=horizon_days,
        discount_rate=discount_rate,
        margin_rate=margin_rate,
    )
    told = answer(asked, _steps(), model=model, newcomer=new)
    if out is not None:
        write_table(told.table, out)
    shown = told.table if new else told.by_value(limit)
    if as_json:
        typer.echo(json.dumps(told.to_json(shown), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_prediction(told, shown, out, Console())


def compare(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=3650, help="How long a stretch is held out; unless said, 91."),
    ] = None,
    as_json: AsJson = False,
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
) -> None:
    """Say which purchase model fits the data: each is fitted to the past, and judged on what came after.

    Up to four stretches before --as-of are held out in turn. The simplest model is picked that is as good as
    the best, up to a standard error.
    """
    from rich.console import Console

    from joren.cli.render_clv import show_comparison
    from joren.clv_answers import compare as answer

    asked = _over(_asked(project, transactions, as_of, mapping, zone, currency), horizon_days)
    told = answer(asked, _steps())
    if as_json:
        typer.echo(json.dumps(told.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_comparison(told, Console())


def plot(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the pictures go.")],
    model: Model = None,
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    holdout_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=3650, help="How many last days are held out; unless said, 91."),
    ] = None,
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
) -> None:
    """Draw a model on trial as PNG: purchases followed through the days held out, and what it is made of.

    No picture shows a customer.
    """
    from joren.clv_answers import draw

    asked = _over(_asked(project, transactions, as_of, mapping, zone, currency), holdout_days)
    for path in draw(asked, _steps(), out, model=model):
        typer.echo(path)


def _asked(
    folder: Path,
    transactions: Path | None,
    as_of: date | None,
    mapping: list[str] | None,
    zone: str | None,
    currency: str | None,
) -> Project:
    from joren.clv import project_asked

    if transactions is None:
        refuse_alone({"map": mapping, "zone": zone, "currency": currency})
    return project_asked(folder, transactions, as_of, mapping=mapping or (), zone=zone, currency=currency)


def _over(project: Project, days: int | None) -> Project:
    """Return the project with another outcome window, where one is asked for."""
    if days is None:
        return project
    return replace(project, training=replace(project.training, horizon_days=days))


def _steps() -> Steps:
    from rich.console import Console

    from joren.cli.progress import Steps

    return Steps(Console(stderr=True))
