"""``joren backup`` and ``joren restore``: the score store and its models in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from joren.cli.options import ProjectFolder

__all__ = ["BACKUP_EXAMPLES", "RESTORE_EXAMPLES", "backup", "restore"]

BACKUP_EXAMPLES = (
    ("joren backup joren-2026-04-01.tar", "while the service answers, and while a run is published"),
)
RESTORE_EXAMPLES = (
    ("joren restore joren-2026-04-01.tar", "into a project without runs"),
    ("joren restore joren-2026-04-01.tar --force", "over what stands, while the service answers"),
)
MIB = 2**20

Force = Annotated[bool, typer.Option("--force", help="Replace what stands there.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; only its owner may read it.")],
    force: Force = False,
    project: ProjectFolder = Path(),
) -> None:
    """Write the score store and the models behind its runs into one file, as they are at one moment.

    In it are runs, behaviour, keys (hashed), audit log and secrets; each part has a checksum. Not in it are
    joren.toml, the business's own tables, and MLflow's files. A store in Postgres is read by COPY.
    """
    from joren.backup import back_up
    from joren.project import load_project

    made = back_up(load_project(project), file, force=force)
    size = file.stat().st_size / MIB
    typer.echo(f"{file}: {len(made.store.runs)} runs, {len(made.bundles)} models, {size:,.1f} MiB.")


def restore(
    file: Annotated[Path, typer.Argument(help="What `joren backup` wrote.")],
    force: Force = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.")] = "",
    project: ProjectFolder = Path(),
) -> None:
    """Put a backup back into the project, after every part of it was checked; readers see no mix.

    Who was erased since stays erased, keys that were revoked since stay revoked, and the audit log goes on.
    Cursors that the service gave out before are refused once it is started again.
    """
    from datetime import UTC, datetime

    from joren.backup import restore as put_back
    from joren.gatekeeper import whoever
    from joren.project import load_project
    from serving.audit import Who

    who = Who(whoever(), datetime.now(UTC), why)
    contents, erased = put_back(load_project(project), file, who, force=force)
    typer.echo(f"{len(contents.store.runs)} runs are back; answers come from {contents.store.current}.")
    if erased:
        typer.echo(f"{erased} customers in the backup had been erased, and were erased from it again.")
