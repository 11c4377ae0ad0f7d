"""A run's end on the terminal: what was read, how good the models are, who is at risk, what comes next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from joren.cli.layout import bullets, counts, pairs, plain_table, section
from joren.outputs import CONTENTS
from joren.report import RunReport, TrainingReport, score_rows
from training.evaluate import Evaluation
from training.metadata import Metadata
from training.metrics import METRICS
from training.tuning import Trial

__all__ = ["at_risk_table", "show_run", "show_training"]

TOP = 10
WIDE = 100
WITHOUT_CENTS = 10_000
SHOWN_REASONS = 2
COMPARED = {
    "auc": "AUC",
    "log_loss": "Log-loss",
    "gini": "Gini",
    "deviance_orders": "Orders deviance",
    "deviance_revenue": "Revenue deviance",
    "bias_revenue": "Revenue bias",
}
NOT_LISTED = {
    "already_churned": "already churned: likely enough gone ([value] lapsed_at); to be won back, not kept",
    "new_customer": "new customers: too early to tell",
    "insufficient_history": "insufficient history: no model can be fitted",
    "stale_features": "stale features: the data end well before the moment; choose one nearer to their end",
    "out_of_range": "out of range: unlike any customer that the model has seen",
}
BETTER = {"higher": "↑", "lower": "↓", "zero": ""}


def show_run(report: RunReport, folder: Path, next_commands: Sequence[str], console: Console) -> None:
    """Print the whole report, made for 80 columns, with more on 100; ``folder`` is where the results lie."""
    question = f"  as of {report.as_of}, for the {report.horizon_days} days to {report.until}"
    console.print()
    console.print(Text.assemble(("Joren", "bold"), question))
    for title, body in _sections(report, console.width):
        section(console, title, body)
    section(console, f"Files in {folder}", pairs(CONTENTS.items()))
    if next_commands:
        section(console, "Next", Group(*(Text(command, style="bold") for command in next_commands)))
    console.print()


def show_training(report: TrainingReport, console: Console) -> None:
    """Print how the models compare, and what became of the new one."""
    section(console, *_judged(report.evaluation, report.metadata))
    if report.trials:
        section(console, f"The best of {len(report.trials)} sets of hyperparameters", _tuned(report.trials))
    number, verdict = report.kept.version.number, report.kept.verdict
    told = "is the champion from now on" if verdict.promoted else "is registered; the champion stays"
    section(console, "Version", Text(f"{number} ({report.model_version}) {told}: {verdict.why}"))
    console.print()


def _tuned(trials: Sequence[Trial]) -> RenderableType:
    """Return the best set as lines of joren.toml, and what it gains on the moments of the trials."""
    best, given = trials[0], min(trials, key=lambda trial: trial.number)
    if best is given:
        stays = f"log-loss {given.log_loss:.4f} with those given, out of time, before the moment above"
        return Text(f"{stays}: none did better. joren.toml may stay as it is.", style="dim")
    lines = [f"{name} = {value}" for name, value in asdict(best.hyperparameters).items()]
    told = (
        f"log-loss {best.log_loss:.4f} after {given.log_loss:.4f} with those given, out of time, before the "
        "moment above. Without --trials the next run uses what joren.toml says:"
    )
    return Group(Text(told, style="dim"), Text("\n".join(["[training.hyperparameters]", *lines])))


def _sections(report: RunReport, width: int) -> Iterator[tuple[str, RenderableType]]:
    yield "Read", _read(report)
    if report.notes:
        yield "Worth knowing", bullets(f"{note[0].upper()}{note[1:]}" for note in report.notes)
    yield _judged(report.evaluation, report.metadata)
    top = score_rows(report.at_risk(TOP))
    if top:
        table = at_risk_table(top, report.metadata.currency, width - 2)
        yield f"The {len(top)} customers with the most value at risk", table
    else:
        yield (
            "Nobody is on the at-risk list",
            bullets(NOT_LISTED[status] for status in report.customers_by_status()),
        )


def _read(report: RunReport) -> Table:
    rows = report.rows
    of_rows = "1 row" if rows.read == 1 else f"{rows.read:,} rows"
    return pairs(
        [
            (report.source, f"{of_rows}, {report.first_day} to {report.last_day}"),
            ("accepted", f"{rows.accepted:,}{_of_which(report)}"),
            ("refused", f"{rows.refused:,}{_why(rows.refused_by_reason)}"),
            ("customers", f"{len(report.scores):,}: {counts(report.customers_by_status())}"),
        ]
    )


def _of_which(report: RunReport) -> str:
    after, repeated = report.rows.after_as_of, report.rows.repeated
    return "".join(
        [
            f"; {after:,} of them lie after {report.as_of} and were not looked at" if after else "",
            f"; {repeated:,} repeat another" if repeated else "",
        ]
    )


def _why(by_reason: Mapping[str, int]) -> str:
    return f": {counts(by_reason)}; see quarantine.parquet" if by_reason else ""


def _judged(evaluation: Evaluation | None, metadata: Metadata) -> tuple[str, RenderableType]:
    """Return how the models compare, and by which method; the method alone where nothing was held out."""
    told = f"{metadata.method}: {metadata.why}"
    if metadata.value_model:
        told = f"{told}\nvalue model: {metadata.value_model}"
    method = Text(told, style="dim")
    if evaluation is None:
        return "How it was learned", method
    days, moment = evaluation.horizon_days, evaluation.moment
    body: list[RenderableType] = [_comparison(evaluation), method]
    if evaluation.caution:
        body.insert(1, Text(evaluation.caution, style="yellow"))
    return f"How the models compare on the {days} days after {moment} ({evaluation.kind})", Group(*body)


def _comparison(evaluation: Evaluation) -> Table:
    """Return the models against each other, the best of each measure in colour."""
    models = evaluation.metrics
    shown = [name for name in COMPARED if any(name in measured for measured in models.values())]
    best = {name: _best(evaluation, name) for name in shown}
    table = plain_table()
    table.add_column(f"{evaluation.customers:,} customers", no_wrap=True)
    for name in shown:
        table.add_column(f"{COMPARED[name]}{BETTER[METRICS[name].better]}", justify="right")
    for model, measured in models.items():
        style = "bold" if model == evaluation.main else ""
        cells = [_measure(name, measured.get(name), best[name]) for name in shown]
        table.add_row(Text(model, style=style), *cells)
    return table


def _best(evaluation: Evaluation, name: str) -> float:
    values = [measured[name] for measured in evaluation.metrics.values() if name in measured]
    match METRICS[name].better:
        case "higher":
            return max(values)
        case "lower":
            return min(values)
        case "zero":
            return min(values, key=abs)


def _measure(name: str, value: float | None, best: float) -> Text:
    if value is None:
        return Text("–", style="dim")
    shown = f"{value:+.1%}" if METRICS[name].better == "zero" else f"{value:.3f}"
    return Text(shown, style="bold green" if value == best else "")


def at_risk_table(rows: Iterable[Mapping[str, Any]], currency: str, width: int) -> Table:
    """Return score rows for a terminal of ``width`` columns: who, how likely to leave, how much, and why."""
    rows = list(rows)
    wide = width >= WIDE
    cents = 0 if any((row["value_at_risk"] or 0) >= WITHOUT_CENTS for row in rows) else 2
    table = plain_table(width)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("Customer", overflow="fold", max_width=16)
    table.add_column("Leaves", justify="right", no_wrap=True)
    table.add_column("At risk" if currency == "XXX" else f"At risk {currency}", justify="right", no_wrap=True)
    if wide:
        table.add_column("If stays", justify="right", no_wrap=True)
        table.add_column("Segment", no_wrap=True)
    table.add_column("Why", ratio=1)
    for row in rows:
        worth = [Text(_number(row["value_if_stays"], cents)), Text(row["segment"] or "–")]
        table.add_row(
            Text(_number(row["at_risk_rank"], 0), style="dim"),
            Text(row["customer_id"], style="bold"),
            Text("–" if row["churn_probability"] is None else f"{row['churn_probability']:.0%}"),
            Text(_number(row["value_at_risk"], cents)),
            *(worth if wide else []),
            Text("\n".join(reason["text"] for reason in (row["reasons"] or [])[:SHOWN_REASONS])),
        )
    return table


def _number(value: float | None, decimals: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:,.{decimals}f}"
