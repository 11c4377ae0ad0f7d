"""What the command line shows where something stopped it: a message on one screen, and an exit code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from features.errors import JorenError

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["show_fault", "show_refusal"]


def show_refusal(error: JorenError, console: Console) -> None:
    """Show what is wrong, which, and the way out; a user's own words in it are never read as markup."""
    _show(console, error.what, error.which, error.mend)


def show_fault(error: Exception, console: Console) -> None:
    """Show that Joren itself failed, and where; the whole trace only follows ``joren --debug``."""
    import traceback
    from pathlib import Path

    where = traceback.extract_tb(error.__traceback__)[-1]
    which = [
        f"{type(error).__name__}: {error}",
        f"in {where.name}, {Path(where.filename).name} line {where.lineno}",
    ]
    _show(console, "Joren stopped on a fault of its own.", which, "For the whole trace: joren --debug …")


def _show(console: Console, what: str, which: Iterable[str], mend: str) -> None:
    """Print a message whose lines the terminal wraps by itself, so that they can be copied and searched."""
    from rich.text import Text

    console.print(Text.assemble(("✗ ", "bold red"), (what, "bold")), soft_wrap=True)
    for one in which:
        console.print(Text(f"    {one}"), soft_wrap=True)
    if mend:
        console.print(Text.assemble(("→ ", "bold green"), mend), soft_wrap=True)
