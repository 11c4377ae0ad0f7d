"""``joren at-risk``: whom to call today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from joren.cli.options import AsJson, ProjectFolder

__all__ = ["EXAMPLES", "at_risk"]

EXAMPLES = (
    ("joren at-risk --limit 50", "the fifty with the most value at risk"),
    ("joren at-risk --band high", "only those most likely to leave"),
    ('joren at-risk --segment "At Risk" --json', "as a JSON list of score rows"),
)


def at_risk(
    project: ProjectFolder = Path(),
    limit: Annotated[int, typer.Option(metavar="N", min=1, help="How many customers.")] = 20,
    band: Annotated[
        Literal["high", "medium", "low"] | None, typer.Option(help="Only this band of churn probability.")
    ] = None,
    segment: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this segment, such as Champions.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the customers whose leaving would cost the most, with the reasons.

    It is the list of the last run, the same that the service hands out: customers who can still be kept, by
    value at risk (the chance that they leave, times what they bring if they stay).
    """
    from rich.console import Console
    from rich.text import Text

    from joren.at_risk import at_risk_page
    from joren.cli.render import at_risk_table
    from joren.project import load_project
    from serving.wire_score import shown

    page = at_risk_page(load_project(project), limit, band=band, segment=segment)
    rows = [score.model_dump(mode="json") for score in shown(page.scores)]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(Text(f"As of {page.run.as_of}, for {page.run.horizon_days} days", style="bold cyan"))
    console.print(at_risk_table(rows, page.run.currency, console.width))
