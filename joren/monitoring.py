"""The monitoring of a project: its newest run looked at, and the report written beside the others."""

from __future__ import annotations

from contextlib import closing
from datetime import date

from joren.errors import NoRunError
from joren.moment import Steps, tables_and_moment
from joren.monitor_look import Look
from joren.outputs import REPORTS
from joren.project import Project
from joren.service import service_settings
from joren.workplace import workplace
from serving.store import Run, Store
from training.document import to_html, to_markdown
from training.monitor import MonitorReport
from training.monitor_words import Language, report_blocks

__all__ = ["FILES", "monitor_project"]

FILES = ("monitor.md", "monitor.html")


def monitor_project(
    project: Project, steps: Steps, *, against: str | None, as_of: date | None, language: Language
) -> MonitorReport:
    """Look at the newest published run, and write the report beside the project's others.

    ``against``: the run whose scores the newest are compared with; None for the last one of another moment or
    model. ``as_of``: what is known after it is not looked at. Raises ``NoRunError`` where nothing is
    published.
    """
    with (
        workplace(project.folder) as stage,
        closing(Store.open(service_settings(project).store_url)) as store,
    ):
        runs = store.runs()
        if not runs:
            raise NoRunError(f"No scores were published from {project.folder}.", mend="First: joren run")
        earlier = _earlier(runs, against)
        tables, known_by = tables_and_moment(project, steps, as_of)
        with steps.step(f"Looking at run {runs[0].run_id}"):
            report = Look(project, store, tables, known_by, runs).report(earlier)
        folder = stage.new / REPORTS
        folder.mkdir(parents=True)
        blocks = report_blocks(report, language)
        for name, text in zip(FILES, (to_markdown(blocks), to_html(blocks, language)), strict=True):
            (folder / name).write_text(text, encoding="utf-8")
        stage.commit(*(f"{REPORTS}/{name}" for name in FILES))
    return report


def _earlier(runs: list[Run], against: str | None) -> Run | None:
    """Return the run to compare the newest with. Raises ``NoRunError`` for a name that no other run has."""
    newest, *others = runs
    if against is None:
        told = (newest.as_of, newest.model_version)
        return next((run for run in others if (run.as_of, run.model_version) != told), None)
    found = next((run for run in others if run.run_id == against), None)
    if found is None:
        raise NoRunError(
            f"There is no earlier run {against}.",
            which=[f"{run.run_id}, as of {run.as_of}" for run in others],
            mend="Choose one of those." if others else "There will be after the next run.",
        )
    return found
