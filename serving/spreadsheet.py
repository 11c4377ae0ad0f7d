"""Scores as CSV that a spreadsheet opens without running anything."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["csv_lines", "safe_cell", "to_csv"]

FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def safe_cell(text: str) -> str:
    """Return ``text`` with an apostrophe before it where a spreadsheet would run it as a formula.

    What is a number stays one. The full-width forms are those of Japanese input (OWASP, CSV injection).

    >>> [safe_cell(text) for text in ("00123", "-12.5", "=1+1", "@SUM(A1)", "-1+cmd|' /C calc'!A0", "＝1")]
    ['00123', '-12.5', "'=1+1", "'@SUM(A1)", "'-1+cmd|' /C calc'!A0", "'＝1"]
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def to_csv(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    r"""Return the rows as CSV (RFC 4180) with a header; null is an empty cell, reasons are their texts.

    >>> to_csv([{"customer_id": "=1", "churn_probability": 0.5, "reasons": [{"text": "a"}, {"text": "b"}]}],
    ...        ["customer_id", "churn_probability", "reasons"])
    "customer_id,churn_probability,reasons\r\n'=1,0.5,a; b\r\n"
    """
    return csv_lines([dict(zip(columns, columns, strict=True))], columns) + csv_lines(rows, columns)


def csv_lines(rows: Iterable[Mapping[str, object]], columns: Sequence[str]) -> str:
    """Return the rows as CSV without a header."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return safe_cell(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return safe_cell("; ".join(str(reason["text"]) for reason in value))
    return value
