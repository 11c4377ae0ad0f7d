"""The list as a file that a spreadsheet opens as it is: UTF-8 with its mark, and nothing in it is run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from serving.pages.at_risk import Row
from serving.pages.texts import Texts
from serving.pages.words import segment_name
from serving.spreadsheet import safe_cell

__all__ = ["csv_chunks"]

MARK = "\ufeff"
COLUMNS = (
    *("place", "customer", "chance", "band", "at_stake", "currency", "why"),
    *("segment", "last_order", "orders", "worth", "until"),
)


def csv_chunks(chunks: Iterable[Sequence[Row]], t: Texts) -> Iterator[bytes]:
    """Yield the file piece by piece, its words in the language of ``t``; numbers and dates are plain ones."""
    yield (MARK + _lines([[t.plain(f"file.{column}") for column in COLUMNS]])).encode()
    place = 0
    for rows in chunks:
        yield _lines([_cells(place + number, row, t) for number, row in enumerate(rows, start=1)]).encode()
        place += len(rows)


def _cells(place: int, row: Row, t: Texts) -> list[object]:
    score = row.score
    return [
        place,
        safe_cell(score["customer_id"]),
        _rounded(score["churn_probability"], 4),
        t.plain(f"band.{score['churn_band']}") if score["churn_band"] else None,
        _rounded(score["value_at_risk"], 2),
        score["currency"],
        safe_cell("; ".join(row.reasons)),
        segment_name(score["segment"], t.language),
        row.last_order,
        score["historic_number_of_orders"],
        _rounded(score["predicted_clv"], 2),
        score["as_of"] + timedelta(days=score["horizon_days"]),
    ]


def _rounded(value: float | None, decimals: int) -> float | None:
    return None if value is None else round(value, decimals)


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
