"""``joren simulate``: a made-up shop whose truth is known."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from joren.cli.options import day

if TYPE_CHECKING:
    from rich.console import Console

    from joren.simulated_shop import Simulated

__all__ = ["EXAMPLES", "simulate"]

EXAMPLES = (
    ("joren simulate shop --customers 3000", "three years of a shop, as a project"),
    ("joren simulate shop --seed 7", "the same shop with other people"),
)
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 1, 1)


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The shop's folder; made if need be.")],
    customers: Annotated[
        int, typer.Option(metavar="N", min=1, max=1_000_000, help="How many ever buy there.")
    ] = 10_000,
    seed: Annotated[
        int, typer.Option(metavar="S", min=0, max=2**31 - 1, help="The same seed gives the same files.")
    ] = 0,
    start: Annotated[
        date | None,
        typer.Option(metavar="YYYY-MM-DD", parser=day, help="The first of the days; unset: 2023-04-01."),
    ] = None,
) -> None:
    """Make up a shop with all seven tables, whose truth is known: for trying Joren out, and for proving it.

    Its customers buy at their own rates, by the season, and leave; slow answers and bad experiences drive
    them off sooner, and offers sent by lot bring them back. truth.parquet says of each customer what they
    are and when they left, truth.json which effects are at work. An earlier made-up shop in DIR is replaced;
    anything else there is refused.
    """
    from rich.console import Console

    from features.simulation import World
    from joren.cli.progress import Steps
    from joren.simulated_shop import write_simulated_shop

    if start and not EARLIEST <= start <= LATEST:
        raise typer.BadParameter(f"--start {start} does not lie between {EARLIEST} and {LATEST}.")
    world = World(customers, seed, start) if start else World(customers, seed)
    with Steps(Console(stderr=True)).step("Living through three years"):
        made = write_simulated_shop(folder, world)
    _tell(made, Console())


def _tell(made: Simulated, console: Console) -> None:
    from rich.text import Text

    from joren.cli.layout import pairs, section

    section(console, f"Files in {made.folder}", pairs((name, f"{n:,} rows") for name, n in made.rows.items()))
    console.print(Text.assemble(("→ ", "bold green"), f"cd {made.folder} && joren run"), soft_wrap=True)
