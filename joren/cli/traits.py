"""``joren traits``: what the best customers have in common, and what those who left had."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from joren.cli.options import AsJson, AsOf, HorizonDays, ProjectFolder

__all__ = ["EXAMPLES", "traits"]

EXAMPLES = (
    ("joren traits", "over joren.toml's horizon, the newest whose end is known"),
    ("joren traits --activity-days 91", "only those who had bought in the last quarter"),
    ("joren traits --language ja --limit 5", "in Japanese, the five strongest"),
)


def traits(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    horizon_days: HorizonDays = None,
    activity_days: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=3650, help="A customer is one who bought within N days."),
    ] = 365,
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many traits of each group.")] = 10,
    language: Annotated[Literal["en", "ja"], typer.Option(help="The language of what is printed.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Tell what sets the top tenth by value apart from the rest, and what those who left from who stayed.

    Everybody is looked at as they were known before the newest window whose outcome is known; who brought
    the most in it, or bought nothing in it, is held against the others. Effects run from -1 to 1 (Cliff's
    delta; of a yes or no, the difference of the shares), with 95 % intervals; one feature a topic is shown.
    """
    from rich.console import Console

    from features.trait_words import traits_json
    from features.traits import traits_of
    from joren.cli.progress import Steps
    from joren.cli.render_traits import show_traits
    from joren.moment import tables_and_moment
    from joren.project import load_project

    asked = load_project(project)
    steps = Steps(Console(stderr=True))
    tables, moment = tables_and_moment(asked, steps, as_of)
    with steps.step("Holding customers against each other"):
        found = traits_of(tables, moment, horizon_days or asked.training.horizon_days, activity_days)
    if as_json:
        typer.echo(json.dumps(traits_json(found, language, tables.currency), ensure_ascii=False, indent=2))
    else:
        show_traits(found, limit, language, tables.currency, Console())
