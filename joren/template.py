"""The commented ``joren.toml`` that ``joren init`` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from joren.usual_names import USUAL_NAMES

__all__ = ["project_file_text"]

REQUIRED = ("customer_id", "timestamp", "amount")


def project_file_text(
    file: str,
    columns: Mapping[str, str],
    *,
    as_of: date | None = None,
    horizon_days: int = 91,
    currency: str | None = None,
    zone: str | None = None,
) -> str:
    """Return the text of a ``joren.toml`` that reads ``file`` with ``columns`` (contract name -> the file's).

    A required column that ``columns`` lacks is written with an empty name and a note to fill it in.
    """
    lines = [
        "# Joren's settings for this folder. A line that begins with # shows a default or an example.",
        "#   joren check    reads the data and says what is wrong with it",
        "#   joren run      learns, scores and publishes",
        "",
        "[run]",
        _line(
            f"as_of = {as_of or '2026-03-31'}", "the moment to score at; unset: the data's last day", as_of
        ),
        _line(f"horizon_days = {horizon_days}", "to leave = to buy nothing in so many days", given=True),
        _line("seed = 0", "the same data and seed give the same model, byte for byte"),
        "",
        "[business]",
        _line(f'zone = "{zone or "Asia/Tokyo"}"', "where days begin and end (IANA name); unset: UTC", zone),
        _line(f'currency = "{currency or "JPY"}"', "ISO 4217 code; unset: the data's own", currency),
        "",
        "[tables.transactions]",
        _line(f"file = {_quoted(file)}", "CSV or Parquet; relative to this folder", given=True),
        "",
        "[tables.transactions.columns]   # Joren's name = the file's",
        *_column_lines(columns),
        "",
        "[data]",
        _line("refused_share_limit = 0.10", "where more of the rows are bad, a run stops"),
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
    ]
    return "\n".join(lines) + "\n"


def _column_lines(columns: Mapping[str, str]) -> list[str]:
    """Return a line for each column that was recognised or is required, and the names of the others."""
    named = [
        _line(
            f"{column} = {_quoted(columns.get(column, ''))}",
            "" if column in columns else "please fill in the name",
            given=True,
        )
        for column in USUAL_NAMES
        if column in columns or column in REQUIRED
    ]
    others = [column for column in USUAL_NAMES if column not in columns and column not in REQUIRED]
    return [*named, f"# Also understood: {', '.join(others)}"] if others else named


def _line(setting: str, comment: str, given: object = None) -> str:
    """Return a line of the file; a setting that is not ``given`` is an example, commented out."""
    return f"{setting if given else f'# {setting}':<32}{f'# {comment}' if comment else ''}".rstrip()


def _quoted(text: str) -> str:
    """Return ``text`` as a TOML string (JSON's strings are TOML's)."""
    return json.dumps(text, ensure_ascii=False)
