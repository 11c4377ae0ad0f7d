"""``joren promote`` and ``joren rollback``: which model is used, who said so, and why."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from joren.cli.options import AsJson, ProjectFolder

__all__ = ["PROMOTE_EXAMPLES", "ROLLBACK_EXAMPLES", "promote", "rollback"]

PROMOTE_EXAMPLES = (
    ("joren promote", "put the newest version before the gate"),
    ("joren promote 3", "another, on today's data"),
    ('joren promote 3 --force --why "asked for by sales"', "past the gate: on your own word"),
)
ROLLBACK_EXAMPLES = (('joren rollback --why "complaints"', "back to the champion before"),)

Who = Annotated[str | None, typer.Option(metavar="NAME", help="Who does it; unset: this system's user.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who ask later.")]


def promote(
    version: Annotated[int | None, typer.Argument(help="Its number; unset: the newest.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Without the gate; needs --why.")] = False,
    why: Why = "",
    who: Who = None,
    project: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Make a registered version the champion, which scores and is served, where the gate lets it in.

    The gate fits both configurations, the version's and the champion's, up to the newest moment whose
    outcomes are known, compares them there, and checks schema, calibration, golden scores and leakage.
    """
    from joren import gatekeeper
    from joren.project import load_project
    from training.errors import GateError

    if force and not why:
        raise typer.BadParameter("--force needs --why TEXT: who comes later will ask.")
    asked, by = load_project(project), who or gatekeeper.whoever()
    if force:
        registry = gatekeeper.registry_of(asked)
        number = registry.version(version).number
        forced = registry.promote(number, asked.bundles, why=why, who=by, how="forced")
        _show({"promoted": True, **asdict(forced)}, as_json=as_json)
        return
    number, verdict = gatekeeper.promote_version(asked, version, who=by, why=why)
    if as_json or not verdict.refused:
        _show({"number": number, "who": by, **verdict.to_json()}, as_json=as_json)
    if verdict.refused:
        raise GateError(
            f"Version {number} does not become the champion: {verdict.why}.",
            mend=f"To have it all the same: joren promote {number} --force --why TEXT",
        )


def rollback(
    why: Why = "", who: Who = None, project: ProjectFolder = Path(), as_json: AsJson = False
) -> None:
    """Put the champion before this one back in use, at once, without a gate; again: the one before that."""
    from joren import gatekeeper
    from joren.project import load_project

    asked = load_project(project)
    registry, by = gatekeeper.registry_of(asked), who or gatekeeper.whoever()
    _show({"promoted": True, **asdict(registry.rollback(asked.bundles, why=why, who=by))}, as_json=as_json)


def _show(told: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    elif told["promoted"]:
        why = f": {told['why']}" if told["why"] else ""
        typer.echo(f"Version {told['number']} is the champion from now on, by {told['who']}{why}")
    else:
        typer.echo(f"Version {told['number']}: {told['why']}")
