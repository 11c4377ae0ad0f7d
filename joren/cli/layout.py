"""The few forms that everything on the terminal is put into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

__all__ = ["bullets", "counts", "pairs", "plain_table", "section"]


def section(console: Console, title: str, body: RenderableType) -> None:
    """Print a title, and what stands under it."""
    console.print()
    console.print(Text(title, style="bold cyan"))
    console.print(Padding(body, (0, 0, 0, 2)))


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Return names, dim, and beside each what is to be said of it."""
    grid = Table.grid(padding=(0, 2))
    for label, text in rows:
        grid.add_row(Text(label, style="dim"), Text(text))
    return grid


def bullets(texts: Iterable[str]) -> Table:
    """Return a list of sentences."""
    grid = Table.grid(padding=(0, 1))
    for text in texts:
        grid.add_row("·", Text(text))
    return grid


def plain_table(width: int | None = None) -> Table:
    """Return a table without lines, its head dim."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", width=width)


def counts(by_name: Mapping[str, int]) -> str:
    """Return "7 unreadable amount, 5 missing customer id".

    >>> counts({"unreadable_amount": 7, "missing_customer_id": 5})
    '7 unreadable amount, 5 missing customer id'
    """
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in by_name.items())
