"""``joren cx``: the customers' experience in figures, without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from joren.cli.options import AsJson, AsOf, ProjectFolder

__all__ = ["EXAMPLES", "cx"]

EXAMPLES = (
    ("joren cx", "as of joren.toml's moment, or else of the data's last day"),
    ("joren cx --activity-days 182", "who buys nothing for half a year has left"),
    ("joren cx --json", "for machines: every month and cohort"),
)


def cx(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    activity_days: Annotated[
        int,
        typer.Option(metavar="N", min=1, max=3650, help="A customer is one who bought within N days."),
    ] = 365,
    as_json: AsJson = False,
) -> None:
    """Tell how customers feel, whether they stay, and how support answers them.

    NPS, CSAT and CES, churn and retention rates by month and by segment, cohorts, the share who come back,
    and support's response times: each with the size of its sample and a 95 % interval, from what was known
    at the moment. No model is needed, and nothing is written.
    """
    from rich.console import Console

    from features.cx import experience
    from joren.cli.progress import Steps
    from joren.cli.render_cx import show_experience
    from joren.moment import tables_and_moment
    from joren.project import load_project

    steps = Steps(Console(stderr=True))
    tables, moment = tables_and_moment(load_project(project), steps, as_of)
    with steps.step(f"Counting what was known by {moment}"):
        found = experience(tables, moment, activity_days)
    if as_json:
        typer.echo(json.dumps(found.to_json(), ensure_ascii=False, indent=2))
    else:
        show_experience(found, Console())
