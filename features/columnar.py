"""Parquet files and frames in memory, as batches with the number of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.delimited import Ragged
from features.errors import UnreadableSourceError

__all__ = ["BATCH_ROWS", "Frame", "ParquetFile", "frame_of", "is_parquet", "numbered", "open_parquet"]

BATCH_ROWS = 1 << 20
MAGIC = b"PAR1"


@dataclass(frozen=True)
class Frame:
    """A table in memory."""

    table: pa.Table
    notes: ClassVar[tuple[str, ...]] = ()
    ragged: ClassVar[tuple[Ragged, ...]] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names."""
        return tuple(self.table.column_names)

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` and the columns at ``positions``, named by these, in the table's order."""
        chosen = self.table.select(list(positions)).rename_columns([str(position) for position in positions])
        yield from numbered(chosen.to_batches(BATCH_ROWS))


@dataclass(frozen=True)
class ParquetFile:
    """A Parquet file that opens."""

    path: Path
    names: tuple[str, ...]
    notes: ClassVar[tuple[str, ...]] = ()
    ragged: ClassVar[tuple[Ragged, ...]] = ()

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` and the columns at ``positions``, named by these, in the file's order."""
        yield from numbered(self._chosen(positions))

    def _chosen(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        names = [self.names[position] for position in positions]
        labels = [str(position) for position in positions]
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
                    yield pa.RecordBatch.from_arrays([batch.column(name) for name in names], names=labels)
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self.path, error) from error


def is_parquet(path: Path) -> bool:
    """Return whether ``path`` begins as Parquet files do, whatever it is called."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def open_parquet(path: Path) -> ParquetFile:
    """Read the names of the columns; raises `UnreadableSourceError` where the file is damaged."""
    try:
        return ParquetFile(path, tuple(pq.read_schema(path).names))
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


def frame_of(data: pd.DataFrame | pa.Table) -> Frame:
    """Take a frame in: pandas columns of mixed objects become text, whole floats without their ".0"."""
    if isinstance(data, pa.Table):
        return Frame(data)
    columns = [_array(data.iloc[:, position]) for position in range(data.shape[1])]
    return Frame(pa.Table.from_arrays(columns, names=[str(name) for name in data.columns]))


def _array(column: pd.Series) -> pa.Array:
    if column.dtype != object:
        return pa.Array.from_pandas(column)
    return pa.array(
        [None if missing else _text(value) for value, missing in zip(column, column.isna(), strict=True)]
    )


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def numbered(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Put ``source_row``, counted from 1, before the columns of each batch."""
    read = 0
    for batch in batches:
        rows = pa.array(np.arange(read + 1, read + 1 + batch.num_rows))
        read += batch.num_rows
        yield batch.add_column(0, "source_row", rows)


def _unreadable(path: Path, error: Exception) -> UnreadableSourceError:
    return UnreadableSourceError(
        f"{path} cannot be read as Parquet: {str(error).splitlines()[0]}", mend="Write the file again."
    )
