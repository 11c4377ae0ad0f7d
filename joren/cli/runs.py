"""``joren runs``: what was published, which of it is current, and what is kept."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from joren.cli.options import AsJson, ProjectFolder

if TYPE_CHECKING:
    from rich.table import Table

    from serving.overview import Overview

__all__ = ["LIST_EXAMPLES", "PRUNE_EXAMPLES", "ROLLBACK_EXAMPLES", "list_runs", "prune", "rollback"]

LIST_EXAMPLES = (("joren runs list", "every run that is kept"), ("joren runs list --json", "for machines"))
ROLLBACK_EXAMPLES = (
    ('joren runs rollback --why "prices were in yen twice"', "to the run before the current one"),
    ("joren runs rollback 20260401T033000Z-7f3a", "to another, back or forth"),
)
PRUNE_EXAMPLES = (
    ("joren runs prune", "as [store] of joren.toml says, at once"),
    ("joren runs prune --keep-runs 2", "fewer, this once"),
)
MIB = 2**20


def list_runs(project: ProjectFolder = Path(), as_json: AsJson = False) -> None:
    """List the runs that were published and are still kept, and the room that the store takes.

    Answers are given from the current one: the newest, unless somebody went back to an earlier one.
    """
    from rich.console import Console
    from rich.text import Text

    from joren.project import load_project
    from joren.service import open_store
    from serving.overview import overview
    from serving.wire_runs import runs_answer

    with closing(open_store(load_project(project))) as store:
        seen = overview(store)
    if as_json:
        typer.echo(json.dumps(runs_answer(seen).model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    console = Console()
    console.print(_table(seen))
    if seen.rollback:
        who = seen.rollback.who
        said = f": {who.why}" if who.why else ""
        went = (
            f"Gone back from {seen.rollback.detail['from']} by {who.name}, {who.at:%Y-%m-%d %H:%M} UTC{said}"
        )
        console.print(Text(went))
    free = "" if seen.disk.free_bytes is None else f", {seen.disk.free_bytes / MIB:,.1f} MiB of it free"
    console.print(Text(f"The store takes {seen.disk.bytes / MIB:,.1f} MiB{free}.", style="dim"))


def rollback(
    run_id: Annotated[str | None, typer.Argument(help="The run; unset: the last before the current.")] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for those who ask later.")] = "",
    who: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who does it; unset: this system's user.")
    ] = None,
    project: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Answer from another run that is kept, from now on and until the next one is published.

    Nothing is scored again, and no reader sees a mix. The model stays as it is: see `joren rollback`.
    """
    from datetime import UTC, datetime

    from joren.gatekeeper import whoever
    from joren.project import load_project
    from joren.service import open_store
    from serving.audit import Who
    from serving.pointer import roll_back

    by = Who(who or whoever(), datetime.now(UTC), why)
    with closing(open_store(load_project(project))) as store:
        done = roll_back(store.database, by, run_id)
    if as_json:
        told = {"run_id": done.subject, "from_run_id": done.detail["from"], "who": by.name, "why": why}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        typer.echo(f"Answers come from {done.subject} now, no longer from {done.detail['from']}.")


def prune(
    keep_runs: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many runs to keep.")] = None,
    keep_behaviour: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="How many with the behaviour behind them.")
    ] = None,
    keep_days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="What was published longer ago goes.")
    ] = None,
    project: ProjectFolder = Path(),
) -> None:
    """Forget runs that need not be kept, as is done after every run by [store] of joren.toml.

    The current run stays, and so does the last run of each month until its outcome can be judged.
    """
    from dataclasses import replace

    from joren.project import load_project
    from joren.service import open_store

    asked = load_project(project)
    given = {"keep_runs": keep_runs, "keep_behaviour": keep_behaviour, "keep_days": keep_days}
    chosen = {name: number for name, number in given.items() if number is not None}
    with closing(open_store(asked)) as store:
        gone, left = store.prune(replace(asked.retention, **chosen)), len(store.runs())
    typer.echo(f"{gone} forgotten, {left} kept.", err=True)


def _table(seen: Overview) -> Table:
    from rich.text import Text

    from joren.cli.layout import plain_table

    table = plain_table()
    for head in ("Run", "As of", "Customers", "Model", "Behaviour", ""):
        table.add_column(head, justify="right" if head == "Customers" else "left", no_wrap=True)
    for run in seen.runs:
        table.add_row(
            run.run_id,
            str(run.as_of),
            f"{run.customers:,}",
            run.model_version,
            "kept" if run.has_behaviour else "–",
            Text("current", style="bold green") if run == seen.current else "",
        )
    return table
