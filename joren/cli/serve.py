"""``joren serve``: the scoring service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from joren.cli.options import ProjectFolder

__all__ = ["EXAMPLES", "serve"]

EXAMPLES = (
    ("joren serve", "on 127.0.0.1:8000, or where joren.toml says"),
    ("joren serve --port 9000", "on another port"),
    ("joren serve --workers 4", "with four processes that answer"),
)


def serve(
    project: ProjectFolder = Path(),
    host: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", min=0, max=65_535, help="The port; 0 takes a free one.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=64, help="Processes that answer requests.")
    ] = None,
) -> None:
    """Serve the published scores: pages for people, and over HTTP for systems (the API: /docs).

    A new run is seen as soon as it is published; nothing has to be restarted. The link that is printed opens
    the pages, once; `joren sign-in` prints another. Requests of systems need a key, which
    `joren keys create NAME` makes.
    """
    from joren.asgi import keep_unpicklers_out
    from joren.asgi import serve as answer

    keep_unpicklers_out()
    from joren.cli.sign_in import new_link
    from joren.project import load_project
    from joren.service import service_settings

    settings = service_settings(load_project(project))
    asked = {"host": host, "port": port, "workers": workers}
    chosen = {name: value for name, value in asked.items() if value is not None}
    settings = settings.model_copy(update=chosen)
    typer.echo(f"Joren answers on {settings.address} (the API: /docs)", err=True)
    typer.echo(f"Open the pages, once and within 15 minutes: {new_link(settings)}")
    answer(settings)
