"""``joren models``: what was registered, which of it is used, and who put it there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from joren.cli.options import AsJson, ProjectFolder

if TYPE_CHECKING:
    from rich.console import RenderableType

    from training.promotion import Promotion
    from training.registry import Version

__all__ = ["EXAMPLES", "models"]

EXAMPLES = (("joren models", "every registered version"), ("joren models --json", "for machines"))
HOW = {"gate": "through the gate", "forced": "past the gate", "rollback": "put back"}


def models(project: ProjectFolder = Path(), as_json: AsJson = False) -> None:
    """List the registered models and every promotion: which is the champion, since when, by whom, and why.

    Skill is the share of the log-loss of a forecast of the mean that the model's configuration saves on a
    held-out period.
    """
    from rich.console import Console

    from joren.cli.layout import section
    from joren.gatekeeper import registry_of
    from joren.project import load_project
    from training.promotion import promotions

    asked = load_project(project)
    versions, history = registry_of(asked).versions(), promotions(asked.bundles)
    if as_json:
        typer.echo(json.dumps([_plain(one, history) for one in versions], ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(_versions(versions))
    if history:
        section(console, "Promotions, the newest first", _promotions(history))


def _plain(version: Version, history: list[Promotion]) -> dict[str, Any]:
    return {
        "number": version.number,
        "champion": version.is_champion,
        "bundle_version": version.bundle_version,
        "run_id": version.run_id,
        "tags": dict(version.tags),
        "promotions": [vars(one) for one in history if one.number == version.number],
    }


def _versions(versions: list[Version]) -> RenderableType:
    from rich.text import Text

    from joren.cli.layout import plain_table

    table = plain_table()
    for head in ("Version", "Bundle", "As of", "Days", "Method", "Skill", ""):
        table.add_column(head)
    for one in versions:
        skill = one.tags.get("held_out_skill")
        asked = (one.tags["as_of"], one.tags["horizon_days"], one.tags["method"])
        champion = Text("champion", style="bold green") if one.is_champion else ""
        shown = f"{float(skill):.1%}" if skill else "–"
        table.add_row(str(one.number), one.bundle_version, *asked, shown, champion)
    return table


def _promotions(history: list[Promotion]) -> RenderableType:
    from rich.text import Text

    from joren.cli.layout import plain_table

    table = plain_table()
    for head in ("When", "Version", "Who", "How", "Why"):
        table.add_column(head, ratio=1 if head == "Why" else None)
    for one in reversed(history):
        when = f"{one.when[:16].replace('T', ' ')} UTC"
        table.add_row(when, str(one.number), Text(one.who), HOW[one.how], Text(one.why))
    return table
