"""``joren sign-in`` and ``joren sign-out``: who may look at the service's pages."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from joren.cli.options import ProjectFolder

if TYPE_CHECKING:
    from serving.settings import Settings

__all__ = ["SIGN_IN_EXAMPLES", "SIGN_OUT_EXAMPLES", "new_link", "sign_in", "sign_out"]

SIGN_IN_EXAMPLES = (
    ("joren sign-in", "a link to open in the browser"),
    ("joren sign-in --project my-shop", "for the pages of another project"),
)
SIGN_OUT_EXAMPLES = (("joren sign-out", "after a laptop was lost"),)


def sign_in(project: ProjectFolder = Path()) -> None:
    """Print a link that signs one browser in to the pages of `joren serve`, once and within 15 minutes.

    Whoever opens it stays signed in for 14 days, or until they sign out. The link is for one person: make
    another for the next. It works on a service that runs already.
    """
    from joren.project import load_project
    from joren.service import service_settings

    typer.echo(new_link(service_settings(load_project(project))))


def sign_out(project: ProjectFolder = Path()) -> None:
    """Sign everybody out of the pages, at once, and make the links void that nobody has opened yet.

    API keys stay as they are: `joren keys revoke` takes those back.
    """
    from joren.project import load_project
    from joren.service import service_settings
    from serving.pages.sessions import sign_everybody_out
    from serving.store import Store

    with closing(Store.open(service_settings(load_project(project)).store_url)) as store:
        ended = sign_everybody_out(store)
    typer.echo(f"Signed out: {ended}", err=True)


def new_link(settings: Settings) -> str:
    """Return a new sign-in link to the pages of the service with these settings."""
    from serving.pages.sessions import make_link_token
    from serving.store import Store

    with closing(Store.open(settings.store_url)) as store:
        token = make_link_token(store, now=datetime.now(UTC))
    return f"{settings.address}/sign-in?token={token}"
