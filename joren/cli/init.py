"""``joren init``: a folder with a commented joren.toml, filled in as far as the data tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from joren.new_project import NewProject

__all__ = ["EXAMPLES", "init"]

EXAMPLES = (
    ("joren init shop --transactions sales.csv", "a project for your own data"),
    ("joren init demo --example cdnow", "a project to try Joren on"),
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder; made if need be.")],
    transactions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your purchases, CSV or Parquet; the header tells the columns."),
    ] = None,
    example: Annotated[
        Literal["cdnow"] | None, typer.Option(help="Bring real purchases along: 69,659 at a music shop.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write joren.toml anew where there is one.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all went well.")] = False,
) -> None:
    """Make a project folder with a commented joren.toml.

    Your file's columns are recognised by their usual names, in English and in Japanese; nothing is asked.
    A joren.toml that is there already stays as it is, unless --force is given.
    """
    from rich.console import Console

    from joren.new_project import example_project, project_for

    if example and transactions:
        raise typer.BadParameter("An example brings its own transactions: give one or the other.")
    made = example_project(folder, anew=force) if example else project_for(folder, transactions, anew=force)
    if not quiet:
        _tell(made, folder, Console())


def _tell(made: NewProject, folder: Path, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    if not made.written:
        console.print(Text(f"{made.file} is there already and stays as it is (--force writes it anew)."))
        return
    console.print(Text.assemble(("✓ ", "green"), f"{made.file}"))
    grid = Table.grid(padding=(0, 2))
    for column, name in made.columns.items():
        grid.add_row(Text(f"  {column}", style="dim"), Text(name))
    for column in made.missing:
        grid.add_row(
            Text(f"  {column}", style="dim"), Text("not recognised: name it in joren.toml", style="red")
        )
    unused = [name for name in made.header if name not in made.columns.values()]
    if unused:
        grid.add_row(Text("  not used", style="dim"), Text(", ".join(unused), style="dim"))
    console.print(grid)
    command = "check" if made.missing else "run"
    console.print(Text.assemble(("→ ", "bold green"), f"cd {folder} && joren {command}"), soft_wrap=True)
