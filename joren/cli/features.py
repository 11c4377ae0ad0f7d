"""``joren features``: what is known of every customer, and what it means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from joren.cli.options import AsJson, AsOf, ProjectFolder

__all__ = ["BUILD_EXAMPLES", "LIST_EXAMPLES", "build", "list_features"]

LIST_EXAMPLES = (
    ("joren features list", "by family, with units"),
    ("joren features list --json", "with what each means, in English and Japanese"),
)
BUILD_EXAMPLES = (
    ("joren features build --as-of 2026-03-31 --out march.parquet", "a row for each customer"),
    ("joren features build --champion --out now.parquet", "as the champion is to score them"),
)


def list_features(as_json: AsJson = False) -> None:
    """List every feature: its name, unit and meaning, and which tables it needs.

    docs/features.md holds the same list, with the meanings in Japanese. A feature whose tables or columns
    your data lacks is empty for everybody: `joren check` says which.
    """
    from rich.console import Console
    from rich.text import Text

    from features.catalogue import CATALOGUE
    from joren.cli.layout import plain_table, section

    if as_json:
        told = ("name", "family", "unit", "meaning", "meaning_ja", "needs")
        found = [{key: getattr(feature, key) for key in told} for feature in CATALOGUE]
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console()
    for family in dict.fromkeys(feature.family for feature in CATALOGUE):
        members = [feature for feature in CATALOGUE if feature.family == family]
        table = plain_table()
        for column in ("Name", "Unit", "Meaning"):
            table.add_column(column, overflow="fold")
        for feature in members:
            table.add_row(*(Text(said) for said in (feature.name, feature.unit, feature.meaning)))
        section(console, f"{family}: {len(members)}", table)


def build(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Parquet file to be written.")],
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    champion: Annotated[
        bool, typer.Option("--champion", help="As the champion scores them, for a notebook that loads it.")
    ] = False,
) -> None:
    """Write every customer's features as they were known at a moment, a row for each with a purchase by then.

    The columns are customer_id, as_of, and the features in the order of the list; what is not known is null.
    The file is replaced whole or not at all. No model is needed: where a feature places a customer among all
    (in fifths, say), it is among those of that day. A model places them as it was trained to: with --champion
    the features are measured its way, its attributes follow them, and its scores are those of `joren score`.
    """
    from rich.console import Console

    from joren.champion import champion_of
    from joren.cli.progress import Steps
    from joren.feature_file import features_at, features_for, write_features
    from joren.moment import tables_and_moment
    from joren.project import load_project

    steps = Steps(Console(stderr=True))
    asked = load_project(project)
    bundle = champion_of(asked) if champion else None
    tables, moment = tables_and_moment(asked, steps, as_of)
    with steps.step(f"Building the features of {moment}"):
        rows = features_at(tables, moment) if bundle is None else features_for(bundle, tables, moment)
        made = write_features(rows, moment, out)
    typer.echo(f"{made.path}: {made.customers:,} customers, {made.features} features as of {made.as_of}")
