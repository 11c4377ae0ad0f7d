"""What the champion goes by, for a project's customers; and its pictures."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from joren.champion import champion_of
from joren.errors import OutputError
from joren.moment import Steps, tables_and_moment
from joren.project import Project
from training.canvas import save
from training.errors import NotEnoughDataError
from training.importance import Importance, importance_of
from training.importance_plots import importance_figures

__all__ = ["champion_importance", "draw"]


def champion_importance(project: Project, steps: Steps, as_of: date | None) -> Importance:
    """Look at the customers of ``as_of``, else of the project's moment, with the champion.

    Raises ``BundleError`` without one, ``NotEnoughDataError`` where it holds no model.
    """
    bundle = champion_of(project)
    tables, moment = tables_and_moment(project, steps, as_of)
    with steps.step(f"Explaining the scores of {moment}"):
        found = importance_of(bundle, bundle.behaviour(tables, moment))
    if found is None:
        raise NotEnoughDataError(
            "The champion holds no model: too little was known when it was trained.",
            mend="Train again with more history: joren train",
        )
    return found


def draw(found: Importance, folder: Path, language: Literal["en", "ja"], top: int) -> list[Path]:
    """Draw the pictures into ``folder``, made if need be, and return where they lie.

    Raises ``OutputError`` where they cannot be written, ``NoFontError`` where the machine lacks the font.
    """
    figures = importance_figures(found, language, top)
    drawn = {folder / f"{stem}.png": figure for stem, figure in figures.items()}
    try:
        for path, figure in drawn.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            save(figure, path)
    except OSError as error:
        raise OutputError(
            f"No pictures can be written to {folder}.", mend="Choose another folder."
        ) from error
    return list(drawn)
