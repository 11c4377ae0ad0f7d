"""``joren models``: what was registered, and which of it is used."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from joren.cli.options import AsJson, ProjectFolder

__all__ = ["EXAMPLES", "models"]

EXAMPLES = (("joren models", "every registered version"), ("joren models --json", "for machines"))


def models(project: ProjectFolder = Path(), as_json: AsJson = False) -> None:
    """List the registered models: which is the champion, what each knew, and how it did on a held-out period.

    Skill is the share of the log-loss of a forecast of the mean that the model saves.
    """
    from rich.console import Console
    from rich.text import Text

    from joren.cli.layout import plain_table
    from joren.project import load_project
    from training.contest import Standing
    from training.registry import Registry

    versions = Registry.local(load_project(project).folder).versions()
    if as_json:
        rows = [
            {
                "number": one.number,
                "champion": one.is_champion,
                "bundle_version": one.bundle_version,
                "run_id": one.run_id,
                "tags": dict(one.tags),
            }
            for one in versions
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = plain_table()
    for head in ("Version", "Bundle", "As of", "Days", "Method", "Skill", ""):
        table.add_column(head)
    for one in versions:
        standing = Standing.from_tags(one.tags)
        skill = f"{standing.skill:.1%}" if standing and standing.moment else "–"
        asked = (one.tags["as_of"], one.tags["horizon_days"], one.tags["method"])
        champion = Text("champion", style="bold green") if one.is_champion else ""
        table.add_row(str(one.number), one.bundle_version, *asked, skill, champion)
    Console().print(table)
