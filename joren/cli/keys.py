"""``joren keys``: who may ask the service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from joren.cli.options import AsJson, ProjectFolder

if TYPE_CHECKING:
    from serving.store import Store

__all__ = ["CREATE_EXAMPLES", "LIST_EXAMPLES", "REVOKE_EXAMPLES", "create", "list_keys", "revoke"]

CREATE_EXAMPLES = (
    ("joren keys create crm", "for a system that reads scores and lists"),
    ("joren keys create monitor --scope metrics:read", "for one that reads /metrics"),
    ("KEY=$(joren keys create trial --days 7)", "for a week"),
)
LIST_EXAMPLES = (("joren keys list", "every key ever made"), ("joren keys list --json", "for machines"))
REVOKE_EXAMPLES = (("joren keys revoke abcdefghij", "the key that begins with joren_abcdefghij"),)


def create(
    name: Annotated[str, typer.Argument(help="Who it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help="scores:read, lists:read, metrics:read; several times. Unset: the first two."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="For so many days; unset: until revoked.")
    ] = None,
    project: ProjectFolder = Path(),
) -> None:
    """Make an API key and print it: this once only, since no more than its hash is kept."""
    from serving.auth import Scope, create_key

    now = datetime.now(UTC)
    known = [each.value for each in Scope]
    wrong = [each for each in scope or () if each not in known]
    if wrong:
        raise typer.BadParameter(f"{', '.join(wrong)} is no scope; there are {', '.join(known)}.")
    scopes = [Scope(each) for each in scope or (Scope.SCORES_READ, Scope.LISTS_READ)]
    with _store(project) as store:
        key = create_key(
            store, name, scopes, now=now, expires_at=now + timedelta(days=days) if days else None
        )
    typer.echo(key)
    typer.echo("Send it as `Authorization: Bearer …`. It is not shown again.", err=True)


def list_keys(project: ProjectFolder = Path(), as_json: AsJson = False) -> None:
    """List every API key that was ever made, live or not; the secrets themselves are not kept."""
    from rich.console import Console

    from joren.cli.layout import plain_table
    from serving.auth import keys

    with _store(project) as store:
        made = keys(store)
    now = datetime.now(UTC)
    rows = [
        {
            "prefix": key.prefix,
            "name": key.name,
            "scopes": sorted(key.scopes),
            "live": key.is_live(now),
            "created_at": key.created_at.isoformat(timespec="seconds"),
            "expires_at": key.expires_at and key.expires_at.isoformat(timespec="seconds"),
            "revoked_at": key.revoked_at and key.revoked_at.isoformat(timespec="seconds"),
        }
        for key in made
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = plain_table()
    for head in ("Key", "Name", "May", "Live", "Made"):
        table.add_column(head)
    for key in made:
        live = "yes" if key.is_live(now) else "no"
        table.add_row(key.prefix, key.name, ", ".join(sorted(key.scopes)), live, f"{key.created_at:%Y-%m-%d}")
    Console().print(table)


def revoke(
    prefix: Annotated[str, typer.Argument(help="The ten letters after joren_, as `joren keys list` shows.")],
    project: ProjectFolder = Path(),
) -> None:
    """Revoke an API key: within five seconds nobody gets in with it any more."""
    from joren.errors import ConfigError
    from serving.auth import revoke_key

    with _store(project) as store:
        if not revoke_key(store, prefix, now=datetime.now(UTC)):
            raise ConfigError(f"There is no live key {prefix}.", mend="See them all: joren keys list")
    typer.echo(f"{prefix} is revoked.", err=True)


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    from joren.project import load_project
    from joren.service import service_settings
    from serving.store import Store

    with closing(Store.open(service_settings(load_project(folder)).store_url)) as store:
        yield store
