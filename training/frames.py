"""From the engine's tables to what models take."""

from __future__ import annotations

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

__all__ = ["as_frame", "frame_of_arrow", "with_columns"]

FEW = 1_000


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
    """Return rows in hand as `as_frame` returns those of an engine, the numbers side by side in one block.

    Of a frame whose columns each lie by themselves, pandas takes milliseconds to look at a single row.
    """
    texts_and_days = {name: _plain(rows[name]) for name in rows.column_names if not _is_number(rows, name)}
    names = [name for name in rows.column_names if name not in texts_and_days]
    numbers = np.empty((len(names), len(rows)))
    done = 0
    for batch in rows.select(names).to_batches():
        until = done + len(batch)
        numbers[:, done:until] = batch.to_tensor(null_to_nan=True, row_major=False).to_numpy().T
        done = until
    frame = pd.DataFrame(numbers.T, columns=names, copy=False)
    for name, values in texts_and_days.items():
        frame.insert(rows.column_names.index(name), name, values)
    return frame


def with_columns(table: pd.DataFrame, columns: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of both, which have the same index; ``columns`` take the place of any so named.

    ``table`` stays as it is. Of many rows all columns are shared with it; of a few it takes pandas longer to
    look at each column than to copy the block that they lie in.
    """
    if len(table) > FEW:
        told = {str(name): values.to_numpy() for part in (table, columns) for name, values in part.items()}
        return pd.DataFrame(told, index=table.index, copy=False)
    both = table.copy(deep=False)
    for name in columns.columns.intersection(table.columns):
        both[name] = columns[name]
    more = columns.columns.difference(table.columns, sort=False)
    return both if more.empty else pd.concat([both, columns[more]], axis=1)


def _is_number(rows: pa.Table, name: str) -> bool:
    kind = rows.schema.field(name).type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _plain(column: pa.ChunkedArray) -> npt.NDArray[np.generic]:
    if pa.types.is_date(column.type):
        return _days(column)
    text = pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    values: npt.NDArray[np.generic] = (column if text else column.cast(pa.float64())).to_numpy()
    return values


def _days(column: pa.ChunkedArray) -> npt.NDArray[np.datetime64]:
    days: npt.NDArray[np.datetime64] = column.cast("timestamp[us]").to_numpy()
    return days
