"""A report of headings, paragraphs, lists and tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from joren.cli.layout import bullets, plain_table
from training.document import Block, Heading, Items, Paragraph, Table

__all__ = ["show_document"]


def show_document(blocks: Sequence[Block], console: Console) -> None:
    """Print the report; marked rows stand out."""
    for block in blocks:
        if isinstance(block, Heading):
            console.print()
            console.print(Text(block.text, style="bold" if block.level == 1 else "bold cyan"))
        else:
            console.print(Padding(_body(block), (0, 0, 0, 2)))
    console.print()


def _body(block: Paragraph | Items | Table) -> RenderableType:
    match block:
        case Paragraph(text):
            return Text(text, style="dim")
        case Items(texts):
            return bullets(texts)
        case Table():
            return _grid(block)


def _grid(table: Table) -> Grid:
    grid = plain_table()
    for place, name in enumerate(table.columns):
        if place < table.words:
            grid.add_column(Text(name), overflow="fold", ratio=3 if place == 0 else None)
        else:
            grid.add_column(Text(name), justify="right")
    for place, row in enumerate(table.rows):
        grid.add_row(*map(Text, row), style="bold red" if place in table.marked else "")
    return grid
