"""The commented ``joren.toml`` that ``joren init`` writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from features.contract import CONTRACT, TableContract
from features.labelled import DATED
from features.tables import Labelled, Source

__all__ = ["project_file_text"]

WIDEST = 100


def project_file_text(
    sources: Mapping[str, Source],
    *,
    as_of: date | None = None,
    horizon_days: int = 91,
    currency: str | None = None,
    zone: str | None = None,
    attributes: Sequence[str] = (),
    leaks: Sequence[str] = (),
) -> str:
    """Return the text of a ``joren.toml`` that reads ``sources``, by contract table.

    Transactions are one of them, or subscriptions. A required column that a source lacks is written with an
    empty name and a note to fill it in. ``attributes`` are learned from, ``leaks`` named as left out.
    """
    leaves = "buy nothing" if "transactions" in sources else "end the subscription"
    absent = [name for name in CONTRACT if name not in sources]
    lines = [
        "# Joren's settings for this folder. A line that begins with # shows a default or an example.",
        "#   joren check    reads the data and says what is wrong with it",
        "#   joren run      learns, scores and publishes",
        "",
        "[run]",
        _line(
            f"as_of = {as_of or '2026-03-31'}", "the moment to score at; unset: the data's last day", as_of
        ),
        _line(f"horizon_days = {horizon_days}", f"to leave = to {leaves} in so many days", given=True),
        _line("seed = 0", "the same data and seed give the same model, byte for byte"),
        "",
        "[business]",
        _line(f'zone = "{zone or "Asia/Tokyo"}"', "where days begin and end (IANA name); unset: UTC", zone),
        _line(f'currency = "{currency or "JPY"}"', "ISO 4217 code; unset: the data's own", currency),
        _line("rates = { USD = 150 }", "what others are worth in it; without a rate, a row is refused"),
        _line(
            "contract = true", "to leave = to end the subscription; unset: where there are no transactions"
        ),
        "",
        *(line for name in CONTRACT if name in sources for line in _table_lines(name, sources[name])),
        *([f"# Also understood: [tables.NAME] with NAME one of {', '.join(absent)}", ""] if absent else []),
        "[data]",
        _line("refused_share_limit = 0.10", "where more of a table's rows are bad, a run stops"),
        *_attribute_lines(attributes, leaks),
        "",
        "[data.rules]",
        _line("keep_repeated_lines = true", "lines that say the same as an earlier one stay"),
        _line('cancelled_orders = "drop"', 'a sale and its mirror refund are no purchase; or "keep"'),
        _line("cancelled_within_days = 30", "how soon after the sale the refund has to come"),
        "",
        "[training]",
        _line("max_moments = 12", "past moments to learn from at the most"),
        _line('allow = ["Churn Score"]', "columns to learn from though they look like leaks"),
        "",
        "[gate]",
        _line("tolerance = 0.01", "log-loss skill that a new configuration may at most have lost"),
        _line("ece_limit = 0.10", "calibration error that keeps a model out"),
        "",
        "[mlflow]",
        _line('tracking_uri = "http://127.0.0.1:5000"', "unset: mlruns/mlflow.db in this folder"),
        _line('name = "joren"', "of the experiment and of the model there"),
        "",
        "[value]",
        _line("margin_rate = 0.35", "margin / revenue, for data without margins; unset: 1.0"),
        _line("clv_horizon_days = 365", "lifetime value is the margin of so many days …"),
        _line("annual_discount_rate = 0.10", "… discounted at so much a year"),
        _line("lapsed_at = 0.95", "likelier than this to leave: gone already, to be won back"),
        "",
        "[bands]",
        _line("high = 0.66", "churn probability from which on the band is high"),
        _line("low = 0.33", "churn probability below which it is low"),
        "",
        "[serving]",
        _line('host = "127.0.0.1"', "the address that `joren serve` listens on"),
        _line("port = 8000", ""),
        _line("workers = 1", "processes that answer"),
        _line("requests_per_minute = 6000", "that a key may make, unless the key says otherwise"),
        _line("stale_after_days = 35", "scores older than this are told to be stale"),
        "",
        "[store]",
        _line("keep_runs = 5", "published runs that are kept: for history, export and rollback"),
        _line("keep_behaviour = 2", "of these, with the behaviour behind them: for reasons"),
        _line("keep_days = 400", "a run published longer ago goes; unset: none does by its age"),
        "",
        "[monitor]",
        _line("psi = 0.25", "how far a feature may move (PSI) before `joren monitor` alerts; also:"),
        "# missing_share, new_category_share, auc_drop, calibration_error, revised_share",
    ]
    return "\n".join(lines) + "\n"


def _table_lines(name: str, source: Source) -> Iterator[str]:
    yield f"[tables.{name}]"
    told = "CSV, Parquet or DuckDB; relative to this folder"
    yield _line(f"file = {_quoted(source.location)}", told, given=True)
    if source.table:
        yield _line(f"table = {_quoted(source.table)}", "in that file", given=True)
    if source.constants:
        said = ", ".join(f"{column} = {_quoted(value)}" for column, value in source.constants.items())
        yield _line(f"constants = {{ {said} }}", "the same in every row", given=True)
    yield ""
    yield f"[tables.{name}.columns]   # Joren's name = the file's"
    yield from _column_lines(CONTRACT[name], source)
    yield ""
    if source.labelled:
        yield from _labelled_lines(source.labelled)


def _attribute_lines(attributes: Sequence[str], leaks: Sequence[str]) -> Iterator[str]:
    told = "columns of the customers to learn from, as they stand now"
    if not attributes:
        yield _line('attributes = ["prefecture"]', told)
        return
    yield "attributes = [   # " + told
    yield from _in_lines(map(_quoted, attributes))
    yield "]"
    if leaks:
        yield f"# Left out, as their names say that they know who left: {', '.join(leaks)}"


def _in_lines(words: Iterable[str]) -> Iterator[str]:
    """Yield lines of ``words`` with commas between them, none broken."""
    line = " "
    for word in words:
        if len(line) + len(word) > WIDEST:
            yield line
            line = " "
        line += f" {word},"
    yield line


def _labelled_lines(labelled: Labelled) -> Iterator[str]:
    yield "[tables.subscriptions.labelled]   # a table without dates: how it stood on one day"
    yield _line(
        f"taken_on = {labelled.taken_on}", "please put the day it was taken on, and as_of with it", True
    )
    yield _line(
        f"tenure_months = {_quoted(labelled.tenure_months)}", "whole months that each has stayed", True
    )
    yield _line(f"churned = {_quoted(labelled.churned)}", "who left at the end of the last of them", True)
    yield ""


def _column_lines(contract: TableContract, source: Source) -> Iterator[str]:
    """Yield a line for each column that was recognised or is required, and the names of the others."""
    others = []
    for column in contract.columns:
        if column.name in source.columns:
            yield _line(f"{column.name} = {_quoted(source.columns[column.name])}", "", given=True)
        elif column.name in source.constants or (source.labelled and column.name in DATED):
            continue
        elif column.required:
            yield _line(f'{column.name} = ""', "please fill in the name", given=True)
        else:
            others.append(column.name)
    if others:
        yield f"# Also understood: {', '.join(others)}"


def _line(setting: str, comment: str, given: object = None) -> str:
    """Return a line of the file; a setting that is not ``given`` is an example, commented out."""
    return f"{setting if given else f'# {setting}':<31} {f'# {comment}' if comment else ''}".rstrip()


def _quoted(text: str) -> str:
    """Return ``text`` as a TOML string (JSON's strings are TOML's)."""
    return json.dumps(text, ensure_ascii=False)
