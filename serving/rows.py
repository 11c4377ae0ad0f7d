"""How a frame becomes rows of the store, and a row becomes a score again. No pickle on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import RowMapping

from serving.errors import ScoresRefusedError
from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA

__all__ = [
    "STORED_COLUMNS",
    "ScoreRow",
    "behaviour_columns",
    "behaviour_frame",
    "behaviour_rows",
    "score_of",
    "score_rows",
]

ScoreRow = dict[str, Any]
"""One score: ``SCORE_COLUMNS`` in their order; dates are ``date``, reasons a list of dicts or None."""

STORED_COLUMNS = tuple(name for name in SCORE_COLUMNS if name != "run_id")
KEYS = ("customer_id", "as_of")
FLOATS = tuple(field.name for field in SCORE_SCHEMA if field.type == pa.float64())
DATES = tuple(field.name for field in SCORE_SCHEMA if field.type == pa.date32())


def score_rows(scores: pd.DataFrame, run_key: int) -> Iterator[tuple[object, ...]]:
    """Yield ``(run_key, *STORED_COLUMNS)`` for each score; dates as ISO text, reasons as JSON text.

    Raises ``ScoresRefusedError`` where a value does not fit ``SCORE_SCHEMA``, or is infinite.
    """
    try:
        table = pa.Table.from_pandas(scores, schema=SCORE_SCHEMA, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, KeyError) as error:
        raise ScoresRefusedError(
            "The scores do not fit the score schema.", which=[type(error).__name__], mend="See SCORE_SCHEMA."
        ) from error
    for name in FLOATS:
        if pc.any(pc.is_inf(table[name])).as_py():
            raise ScoresRefusedError(
                f"The column {name} holds infinite numbers.", mend="Publish finite scores."
            )
    columns = [_plain(table[name], name) for name in STORED_COLUMNS]
    for values in zip(*columns, strict=True):
        yield (run_key, *values)


def _plain(column: pa.ChunkedArray, name: str) -> list[object]:
    if name in DATES:
        return list(column.cast(pa.string()).to_pylist())
    if name == "reasons":
        return [None if reasons is None else _json(reasons) for reasons in column.to_pylist()]
    return list(column.to_pylist())


def _json(reasons: list[dict[str, object]]) -> str:
    finite = [
        {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in one.items()
        }
        for one in reasons
    ]
    return json.dumps(finite, ensure_ascii=False, separators=(",", ":"))


def behaviour_columns(behaviour: pd.DataFrame) -> str:
    """Return the features' names and types as JSON ``[[name, dtype], …]``; null throughout is float64.

    Raises ``ScoresRefusedError`` for a feature that is no number.
    """
    features = behaviour.drop(columns=[*KEYS], errors="ignore")
    typed = features.astype(dict.fromkeys(features.columns[features.isna().all()], "float64"))
    for name, dtype in typed.dtypes.items():
        if not pd.api.types.is_numeric_dtype(dtype):
            raise ScoresRefusedError(
                f"The feature {name} is {dtype}, not a number.", mend="Keep numbers only."
            )
    return json.dumps([[str(name), str(dtype).lower()] for name, dtype in typed.dtypes.items()])


def behaviour_rows(behaviour: pd.DataFrame, run_key: int) -> Iterator[tuple[object, ...]]:
    """Yield ``(run_key, customer_id, features)``: little-endian doubles side by side, NaN for null."""
    matrix = behaviour.drop(columns=[*KEYS], errors="ignore").to_numpy(dtype="<f8", na_value=np.nan)
    for customer_id, row in zip(behaviour["customer_id"], matrix, strict=True):
        yield run_key, customer_id, row.tobytes()


def behaviour_frame(columns: str, as_of: date, rows: Sequence[tuple[str, bytes]]) -> pd.DataFrame:
    """Return the table that ``behaviour_rows`` took apart: customer_id, as_of, then the features."""
    names_and_types: list[list[str]] = json.loads(columns)
    matrix: NDArray[np.float64] = np.frombuffer(b"".join(blob for _, blob in rows), dtype="<f8")
    frame = pd.DataFrame(matrix.reshape(len(rows), -1), columns=[name for name, _ in names_and_types])
    for name, dtype in names_and_types:
        if "int" in dtype and frame[name].notna().all():
            frame[name] = frame[name].astype("int64")
    frame.insert(0, "customer_id", [customer_id for customer_id, _ in rows])
    frame.insert(1, "as_of", as_of)
    return frame


def score_of(row: RowMapping | Mapping[str, Any]) -> ScoreRow:
    """Return the score that a row of the store (with its ``run_id``) holds."""
    score = {name: row[name] for name in SCORE_COLUMNS}
    if score["reasons"] is not None:
        score["reasons"] = json.loads(score["reasons"])
    return score
