"""``joren check``: read the data, and say what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from joren.cli.options import AsJson, Currency, Mapping, ProjectFolder, Transactions, Zone, refuse_alone

__all__ = ["EXAMPLES", "check"]

EXAMPLES = (
    ("joren check", "the data that joren.toml names"),
    ("joren check --transactions sales.csv", "any file, before there is a project"),
    ("joren check --json", "for machines"),
)


def check(
    project: ProjectFolder = Path(),
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
    as_json: AsJson = False,
) -> None:
    """Read the data, hold it to the contract, and say what is wrong with it.

    Tells how many rows were read, accepted and refused, and why; the period; the columns that were found, and
    the features that follow from them. Nothing is written. Exit code 2 where a run would stop.
    """
    from rich.console import Console

    from features.sources import read_tables
    from joren.cli.progress import Steps
    from joren.cli.render_check import show_check
    from joren.data_check import check_data
    from joren.project import file_data, load_project

    if transactions is None:
        refuse_alone({"map": mapping, "zone": zone, "currency": currency})
        config = load_project(project).data
    else:
        config = file_data(transactions, mapping=mapping or (), zone=zone, currency=currency)
    with Steps(Console(stderr=True)).step("Reading the data"):
        found = check_data(read_tables(config))
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        show_check(found, Console())
