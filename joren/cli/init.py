"""``joren init``: a folder with a commented joren.toml, filled in as far as the data tells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from joren.new_project import NewProject
    from joren.recognise import Found

__all__ = ["EXAMPLES", "init"]

EXAMPLES = (
    ("joren init shop --transactions sales.csv", "a project for your own purchases"),
    ("joren init shop --from exports/", "and for all else that you know of your customers"),
    ("joren init telco --from telco.csv", "a labelled table of subscribers will do"),
    ("joren init demo --example cdnow", "a project to try Joren on"),
)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The project's folder; made if need be.")],
    transactions: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Your purchases; the header tells the columns."),
    ] = None,
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Tables of yours, once for each, or a folder of them; which is which, their headers tell.",
        ),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    example: Annotated[
        Literal["cdnow"] | None, typer.Option(help="Bring real purchases along: 69,659 at a music shop.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write joren.toml anew where there is one.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing where all went well.")] = False,
) -> None:
    """Make a project folder with a commented joren.toml.

    Which file holds which table, and which column is which, is recognised by the usual names, in English and
    in Japanese; nothing is asked. A joren.toml that is there already stays as it is, unless --force is given.
    """
    from rich.console import Console

    from joren.new_project import example_project, project_for

    if example and (transactions or files):
        raise typer.BadParameter("An example brings its own transactions: give one or the other.")
    if more and not files:
        raise typer.BadParameter(f"What is {more[0]}? Files are named by --from or --transactions.")
    if example:
        made = example_project(folder, anew=force)
    else:
        made = project_for(folder, transactions, [*(files or ()), *(more or ())], anew=force)
    if not quiet:
        _tell(made, folder, Console())


def _tell(made: NewProject, folder: Path, console: Console) -> None:
    from rich.text import Text

    if not made.written:
        console.print(Text(f"{made.file} is there already and stays as it is (--force writes it anew)."))
        return
    console.print(Text.assemble(("✓ ", "green"), f"{made.file}"))
    for table, found in made.tables.items():
        console.print(Text.assemble((table, "bold"), f" from {found.place}"), soft_wrap=True)
        console.print(_columns(table, found))
    if made.attributes:
        console.print(Text.assemble(("attributes", "bold"), " to learn from, as they stand now"))
        console.print(Text(f"  {', '.join(made.attributes)}", style="dim"))
    if made.leaks:
        console.print(Text(f"Left out as leaks, by their names: {', '.join(made.leaks)}", style="yellow"))
    for place in made.unused:
        console.print(Text(f"{place} is like no table that is still to be found: not used.", style="dim"))
    command = "run" if made.complete else "check"
    console.print(Text.assemble(("→ ", "bold green"), f"cd {folder} && joren {command}"), soft_wrap=True)


def _columns(table: str, found: Found) -> Table:
    from rich.table import Table
    from rich.text import Text

    from features.contract import CONTRACT

    grid = Table.grid(padding=(0, 2))
    for column, name in found.columns.items():
        grid.add_row(Text(f"  {column}", style="dim"), Text(name))
    for column, value in found.constants.items():
        grid.add_row(Text(f"  {column}", style="dim"), Text(f"{value} in every row, as it looks"))
    if found.labels:
        labels = " and ".join(found.labels.values())
        dates = Text(f"from {labels}: a labelled table, without dates")
        grid.add_row(Text("  started_at, ended_at", style="dim"), dates)
    for column in found.missing(table):
        told = Text("not recognised: name it in joren.toml", style="red")
        grid.add_row(Text(f"  {column}", style="dim"), told)
    unused = [name for name in found.header if name not in found.columns.values()]
    if unused:
        label = "  kept as attributes" if CONTRACT[table].extras else "  not used"
        grid.add_row(Text(label, style="dim"), Text(", ".join(unused), style="dim"))
    return grid
