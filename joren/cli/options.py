"""The options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "DATA",
    "AsJson",
    "AsOf",
    "Currency",
    "HorizonDays",
    "Mapping",
    "ProjectFolder",
    "Transactions",
    "Zone",
]


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no day: write it as 2026-03-31.") from None


ProjectFolder = Annotated[
    Path, typer.Option("--project", metavar="DIR", help="The folder that holds joren.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, to stdout.")]
AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of", metavar="YYYY-MM-DD", parser=day, help="The moment: nothing after it is looked at."
    ),
]
HorizonDays = Annotated[
    int | None,
    typer.Option(
        "--horizon-days",
        metavar="N",
        min=1,
        max=3650,
        help="To leave = to buy nothing in N days; with a contract, to end it.",
    ),
]

DATA = "Data given here, instead of in joren.toml"
Transactions = Annotated[
    Path | None,
    typer.Option(
        "--transactions", metavar="FILE", help="CSV, Parquet, or shop.duckdb::orders.", rich_help_panel=DATA
    ),
]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="NAME=COLUMN",
        help="Which of the file's columns is customer_id, timestamp, amount …; once for each.",
        rich_help_panel=DATA,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--zone", metavar="ZONE", help="Where days begin and end, as Asia/Tokyo.", rich_help_panel=DATA
    ),
]
Currency = Annotated[
    str | None,
    typer.Option("--currency", metavar="CUR", help="ISO 4217 code, as JPY.", rich_help_panel=DATA),
]


def refuse_alone(given: dict[str, object]) -> None:
    """Raise ``typer.BadParameter`` where one of these options is given, though --transactions is not."""
    names = [f"--{name.replace('_', '-')}" for name, value in given.items() if value is not None]
    if names:
        raise typer.BadParameter(
            f"{', '.join(names)} goes with --transactions FILE; in a project, joren.toml says it."
        )
