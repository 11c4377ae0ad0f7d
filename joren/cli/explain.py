"""``joren explain``: what the churn model goes by, over all customers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from joren.cli.options import AsJson, AsOf, ProjectFolder

if TYPE_CHECKING:
    from rich.console import Console

    from training.importance import Importance

__all__ = ["EXAMPLES", "explain"]

EXAMPLES = (
    ("joren explain", "which features and families move the champion's scores most"),
    ("joren explain --plots pictures", "the same as pictures, and how the scores depend on each"),
    ("joren explain --top 3 --language ja", "the first three, in Japanese"),
)


def explain(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    top: Annotated[int, typer.Option(metavar="N", min=1, help="How many features.")] = 10,
    language: Annotated[Literal["en", "ja"], typer.Option(help="The language of the features.")] = "en",
    plots: Annotated[Path | None, typer.Option(metavar="DIR", help="Draw pictures into this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell what the champion goes by: the mean size of each feature's part in the log-odds of leaving.

    Exact TreeSHAP and linear terms, weighted as the stack weighs them, over the customers of the moment;
    each customer's contributions add up to the distance from the average score. Pictures show how they go
    with the values, in groups of 20 customers or more. Why a single customer may leave: joren at-risk.
    """
    from rich.console import Console

    from joren.cli.progress import Steps
    from joren.explaining import champion_importance, draw
    from joren.project import load_project

    steps = Steps(Console(stderr=True))
    found = champion_importance(load_project(project), steps, as_of)
    drawn = [] if plots is None else draw(found, plots, language, top)
    if as_json:
        typer.echo(json.dumps(found.to_json(top), ensure_ascii=False, indent=2))
        return
    console = Console()
    _show(found, top, language, console)
    for path in drawn:
        console.print(f"  {path}", style="dim", soft_wrap=True)


def _show(found: Importance, top: int, language: str, console: Console) -> None:
    from rich.text import Text

    from features.catalogue import CATALOGUE
    from joren.cli.layout import plain_table, section

    meanings = {one.name: one.meaning_ja if language == "ja" else one.meaning for one in CATALOGUE}
    families, features = plain_table(), plain_table()
    for table in (families, features):
        table.add_column("log-odds", justify="right")
        table.add_column("")
    for name, size in found.families.items():
        families.add_row(f"{size:.3f}", Text(name))
    for name, size in list(found.features.items())[:top]:
        told = Text(meanings.get(name, name).partition(";")[0]).append(f" ({name})", style="dim")
        features.add_row(f"{size:.3f}", told)
    console.print()
    among = f"over {len(found.parts):,} customers as of {found.as_of}, by model {found.model_version}"
    console.print(f"  Mean size of the contributions, {among}", style="dim")
    section(console, "Families", families)
    section(console, "Features", features)
    console.print()
