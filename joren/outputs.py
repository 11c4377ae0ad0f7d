"""The files that hold a run's results: Parquet and JSON for machines, a CSV for people."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.tables import Tables
from joren.errors import OutputError
from joren.project import Project
from joren.report import RunReport, score_rows
from serving.spreadsheet import to_csv
from training.score_schema import SCORE_SCHEMA

__all__ = [
    "AT_RISK_COLUMNS",
    "BEHAVIOUR",
    "CONTENTS",
    "MODEL",
    "REPORTS",
    "refuse_what_is_not_ours",
    "write_behaviour",
    "write_results",
]

SCORES, AT_RISK, QUARANTINE, METRICS = "scores.parquet", "at_risk.csv", "quarantine.parquet", "metrics.json"
MODEL, REPORTS, BEHAVIOUR = "model", "reports", "tables/behaviour.parquet"
OURS = {MODEL: "manifest.json", "mlruns": "mlflow.db"}  # what tells that a folder of this name is one of ours
CONTENTS = {
    AT_RISK: "whom to call, the most value at risk first",
    SCORES: "every customer's score",
    QUARANTINE: "the rows that were refused, and why",
    METRICS: "the figures of this run",
}
DECIMALS = 6  # in the list for people
AT_RISK_COLUMNS = (
    "at_risk_rank",
    "customer_id",
    "churn_probability",
    "churn_band",
    "value_at_risk",
    "value_if_stays",
    "currency",
    "segment",
    "cycle_status",
    "expected_date_of_next_order",
    "historic_number_of_orders",
    "historic_clv",
    "predicted_clv",
    "reasons",
)


def refuse_what_is_not_ours(project: Project) -> None:
    """Raise ``OutputError`` where a run would replace a folder, or its own input, that Joren did not make."""
    folder = project.folder
    for name, mark in OURS.items():
        place = folder / name
        if place.exists() and not (place / mark).exists() and not _is_empty_folder(place):
            raise OutputError(
                f"{place} is there, and was not made by Joren: it has no {mark}.",
                mend="Move it away, or write into another folder.",
            )
    results = {(folder / name).resolve() for name in CONTENTS}
    for source in project.data.sources.values():
        if Path(source.location).resolve() in results:
            raise OutputError(
                f"{source.location} would be replaced by a result of the same name.",
                mend="Choose another folder.",
            )


def write_results(report: RunReport, tables: Tables, folder: Path) -> tuple[str, ...]:
    """Write the scores, the list, the quarantine and the figures into ``folder``; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_scores(report.scores, folder / SCORES)
    _write_at_risk(report, folder / AT_RISK)
    pq.write_table(tables.quarantine.to_pyarrow(), folder / QUARANTINE)
    _write_metrics(report, folder / METRICS)
    return tuple(CONTENTS)


def write_behaviour(behaviour: pd.DataFrame, path: Path) -> None:
    """Write the behaviour table that was scored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pandas(behaviour, preserve_index=False), path, compression="zstd")


def _write_scores(scores: pd.DataFrame, path: Path) -> None:
    """Write exactly the columns and types of one score."""
    table = pa.Table.from_pandas(scores[SCORE_SCHEMA.names], schema=SCORE_SCHEMA, preserve_index=False)
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd")


def _write_at_risk(report: RunReport, path: Path) -> None:
    """Write the whole at-risk list for a spreadsheet, where no cell can act as a formula.

    UTF-8, with a byte-order mark only where there is more than ASCII: Excel needs it there, and other readers
    want none.
    """
    listed = report.at_risk(len(report.scores)).round(DECIMALS)
    text = to_csv(score_rows(listed), AT_RISK_COLUMNS)
    path.write_bytes(text.encode("utf-8" if text.isascii() else "utf-8-sig"))


def _write_metrics(report: RunReport, path: Path) -> None:
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2, allow_nan=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
