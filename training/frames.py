"""From the engine's tables to what models take."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

__all__ = ["Columns", "Table", "as_frame", "column", "frame_of_arrow", "known"]

MOMENT = "as_of"
NOTHING: Mapping[str, npt.NDArray[Any]] = MappingProxyType({})


class Columns:
    """The columns of a frame by name, each read once, and more that lie beside them.

    Numbers are float64; the moment is as it stands, and may be a level of the frame's index. Where somebody
    asks again and again for a single row's columns, pandas would take longer than all that is reckoned with
    them.
    """

    def __init__(self, frame: pd.DataFrame, beside: Mapping[str, npt.NDArray[Any]] = NOTHING) -> None:
        self._frame, self._read = frame, dict(beside)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """Return one column, (rows,); nobody writes into it."""
        if name not in self._read:
            rows = self._frame
            column = rows[name] if name in rows else rows.index.get_level_values(name)
            self._read[name] = column.to_numpy(None if name == MOMENT else np.float64)
        return self._read[name]

    def __len__(self) -> int:
        return len(self._frame)

    def beside(self, columns: Mapping[str, npt.NDArray[Any]]) -> Columns:
        """Return these, and ``columns`` beside them; they take the place of any so named."""
        return Columns(self._frame, self._read | dict(columns))


Table: TypeAlias = pd.DataFrame | Columns
"""A behaviour table, or a panel's inputs."""


def column(table: Table | Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[np.float64]:
    """Return the numbers of one column, (rows,); nobody writes into them."""
    return np.asarray(table[name], dtype=np.float64)


def known(numbers: npt.NDArray[np.float64], otherwise: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the numbers, and ``otherwise`` where one is missing."""
    return np.where(np.isnan(numbers), otherwise, numbers)


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
