"""``joren keys``: who may ask the service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from joren.cli.options import AsJson, ProjectFolder

if TYPE_CHECKING:
    from serving.store import Store

__all__ = [
    "CREATE_EXAMPLES",
    "LIST_EXAMPLES",
    "REVOKE_EXAMPLES",
    "ROTATE_EXAMPLES",
    "create",
    "list_keys",
    "revoke",
    "rotate",
]

CREATE_EXAMPLES = (
    ("joren keys create crm", "for a system that reads scores and lists"),
    ("joren keys create monitor --scope metrics:read", "for one that reads /metrics"),
    ("KEY=$(joren keys create trial --days 7)", "for a week"),
    ("joren keys create export --requests-per-minute 60", "for one that is not to hurry"),
)
ROTATE_EXAMPLES = (
    ("joren keys rotate abcdefghij", "a new key; the old one lives on for a day"),
    ("joren keys rotate abcdefghij --grace 0h", "the old one ends now: it has leaked"),
)
LIST_EXAMPLES = (("joren keys list", "every key ever made"), ("joren keys list --json", "for machines"))
REVOKE_EXAMPLES = (("joren keys revoke abcdefghij", "the key that begins with joren_abcdefghij"),)


SPAN = re.compile(r"(\d{1,4})([mhd])")
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def _span(text: str) -> timedelta:
    match = SPAN.fullmatch(text)
    if match is None:
        raise typer.BadParameter(f"{text} is no span of time: write it as 90m, 24h or 7d.")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def create(
    name: Annotated[str, typer.Argument(help="Who it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="scores:read, lists:read, jobs:write, models:admin, privacy:erase, metrics:read; several "
            "times. Unset: the first two."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="For so many days; unset: until revoked.")
    ] = None,
    requests_per_minute: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=1_000_000, help="Its own limit; unset: the service's."),
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
            store,
            name,
            scopes,
            now=now,
            expires_at=_in_days(now, days),
            requests_per_minute=requests_per_minute,
        )
    _show_once(key)


def rotate(
    prefix: Annotated[str, typer.Argument(help="The ten letters after joren_, as `joren keys list` shows.")],
    grace: Annotated[
        str, typer.Option(metavar="SPAN", help="How long the old key lives on: 90m, 24h or 7d.")
    ] = "24h",
    days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="For so many days; unset: as long as the old one would have."),
    ] = None,
    project: ProjectFolder = Path(),
) -> None:
    """Make a key that may do the same as another, and print it; both are live until the grace is over."""
    from serving.auth import rotate_key

    now, lives_on = datetime.now(UTC), _span(grace)
    with _store(project) as store:
        key = rotate_key(store, prefix, now=now, grace=lives_on, expires_at=_in_days(now, days))
    typer.echo(f"{prefix} ends at {now + lives_on:%Y-%m-%d %H:%M} UTC, or earlier if it was to.", err=True)
    _show_once(key)


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
            "last_used_at": key.last_used_at and key.last_used_at.isoformat(timespec="minutes"),
            "requests_per_minute": key.requests_per_minute,
            "replaced_by": key.replaced_by,
        }
        for key in made
    ]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    table = plain_table()
    for head in ("Key", "Name", "May", "Live", "Made", "Ends", "Last used (UTC)"):
        table.add_column(head, no_wrap=head == "May")
    for key in made:
        table.add_row(
            key.prefix,
            key.name,
            "\n".join(sorted(key.scopes)),
            "yes" if key.is_live(now) else "no",
            f"{key.created_at:%Y-%m-%d}",
            f"{key.expires_at:%Y-%m-%d %H:%M}" if key.expires_at else "",
            f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
        )
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


def _in_days(now: datetime, days: int | None) -> datetime | None:
    return now + timedelta(days=days) if days else None


def _show_once(key: str) -> None:
    typer.echo(key)
    typer.echo("Send it as `Authorization: Bearer …`. It is not shown again.", err=True)


@contextmanager
def _store(folder: Path) -> Iterator[Store]:
    from joren.project import load_project
    from joren.service import service_settings
    from serving.store import Store

    with closing(Store.open(service_settings(load_project(folder)).store_url)) as store:
        yield store
