"""``joren monitor``: whether the model is still good for these customers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer

from joren.cli.options import AsJson, AsOf, ProjectFolder

__all__ = ["EXAMPLES", "monitor"]

EXAMPLES = (
    ("joren monitor", "after a run; exit code 3 where something moved"),
    ("joren monitor --against 20260301T020000Z-1a2b3c", "why the scores differ from that run's"),
    ("joren monitor --language ja", "the report in Japanese"),
)


def monitor(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="RUN",
            help="The run that the newest is compared with; else the last of another moment or model.",
        ),
    ] = None,
    language: Annotated[Literal["en", "ja"], typer.Option(help="The language of the report.")] = "en",
    as_json: AsJson = False,
) -> None:
    """Tell whether the customers, the data or the outcomes have moved away from what the model learned.

    Features, scores and categories of the newest run are held against its model's training: chance, habit
    and season are allowed for. Runs whose horizon is over are held against what came. The change of the mean
    score since an earlier run is split into behaviour, model, mix and data. The report is written to
    reports/monitor.md and monitor.html; an alert ends in exit code 3.
    """
    from rich.console import Console

    from joren.cli.progress import Steps
    from joren.cli.render_document import show_document
    from joren.errors import AlertError
    from joren.monitoring import FILES, monitor_project
    from joren.outputs import REPORTS
    from joren.project import load_project
    from training.monitor_words import alert_text, report_blocks

    steps = Steps(Console(stderr=True))
    report = monitor_project(load_project(project), steps, against=against, as_of=as_of, language=language)
    if as_json:
        typer.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
    else:
        show_document(report_blocks(report, language), Console())
    if report.alerts:
        count = len(report.alerts)
        raise AlertError(
            "Something moved beyond its limit."
            if count == 1
            else f"{count} things moved beyond their limits.",
            which=[alert_text(alert, language) for alert in report.alerts],
            mend=f"See {project / REPORTS / FILES[1]}; where the change is meant to last: joren train.",
        )
