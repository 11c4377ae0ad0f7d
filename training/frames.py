"""From the engine's tables to what models take."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

__all__ = ["as_frame", "frame_of_arrow"]


def as_frame(table: ir.Table) -> pd.DataFrame:
    """Return a table as models take it: numbers as float64, missing as NaN, days as datetime64."""
    kinds = table.schema()
    numbers = {name: kind for name, kind in kinds.items() if kind.is_numeric() or kind.is_boolean()}
    cast = {
        name: (table[name].ifelse(1, 0) if kind.is_boolean() else table[name]).cast("float64")
        for name, kind in numbers.items()
    }
    rows = table.mutate(**cast).to_pyarrow()
    columns = {
        name: _days(column) if kinds[name].is_date() else column.to_numpy()
        for name, column in zip(rows.column_names, rows.columns, strict=True)
    }
    return pd.DataFrame(columns, copy=False)


def frame_of_arrow(rows: pa.Table) -> pd.DataFrame:
    """Return rows in hand as `as_frame` returns those of an engine."""
    return pd.DataFrame({name: _plain(rows[name]) for name in rows.column_names}, copy=False)


def _plain(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    if pa.types.is_date(column.type):
        return _days(column)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    values: npt.NDArray[np.generic] = (column if text else column.cast(pa.float64())).to_numpy()
    return values


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    days: npt.NDArray[np.datetime64] = column.cast("timestamp[us]").to_numpy()
    return days
