"""``joren backtest`` and ``joren horizon`` without the terminal: what the past tells, and its reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from joren.clv import read_project
from joren.project import Project
from joren.workplace import workplace
from training.backtest_report import markdown
from training.backtest_words import Language
from training.backtested import Backtest
from training.canvas import save
from training.horizon import Advice, advise
from training.panel import days_known
from training.rolling import plan, roll

if TYPE_CHECKING:
    from joren.moment import Steps

__all__ = ["FILES", "advise_project", "backtest_project"]

PICTURE = "horizon.png"

FILES = {"backtest.md": "the whole of it, to read", "backtest.json": "every figure, for machines"}


def backtest_project(
    project: Project,
    steps: Steps,
    *,
    moments: int | None,
    step_days: int | None,
    folder: Path | None,
    language: Language = "en",
) -> tuple[Backtest, list[str]]:
    """Backtest a project's question on its data, and write the report into ``folder`` (None: nowhere).

    Returns it, and what is to be known of the data beside. Raises ``NotEnoughDataError`` where the past is
    too short, or customers too few, for a number that anybody should use.
    """
    tables, as_of, notes = read_project(project, steps)
    days = days_known(tables, as_of, project.training.horizon_days)
    asked = plan(days, project.training, moments=moments, step_days=step_days)
    found = roll(tables, as_of, project.training, project.policy, asked=asked, step=steps.step)
    if folder is not None:
        with steps.step("Writing the report"):
            _write(found, project.source_name, folder, language)
    return found, notes


def _write(found: Backtest, source: str, folder: Path, language: Language) -> None:
    """Write the report and its pictures, all or none."""
    from training.backtest_plots import figures

    with workplace(folder) as stage:
        names = []
        for stem, figure in figures(found).items():
            names.append(f"{stem}.png")
            save(figure, stage.new / names[-1])
        texts = {
            "backtest.md": markdown(found, source, names, language),
            "backtest.json": json.dumps(found.to_json(), ensure_ascii=False, indent=2, allow_nan=False),
        }
        for name, text in texts.items():
            (stage.new / name).write_text(f"{text.rstrip()}\n", encoding="utf-8")
        stage.commit(*names, *texts)


def advise_project(project: Project, steps: Steps, folder: Path | None) -> tuple[Advice, Path | None]:
    """Advise a project's horizon, and draw it into ``folder`` (None: nowhere); return the picture's path."""
    tables, as_of, _ = read_project(project, steps)
    with steps.step("Measuring the customers' gaps"):
        advice = advise(tables, as_of)
    if folder is None:
        return advice, None
    from training.horizon_plot import figure

    with steps.step("Drawing"), workplace(folder) as stage:
        save(figure(advice), stage.new / PICTURE)
        stage.commit(PICTURE)
    return advice, folder / PICTURE
