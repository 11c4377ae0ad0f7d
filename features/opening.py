"""A source opened: its columns are known, its rows are still to be drawn."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from features.columnar import is_parquet, open_parquet
from features.contract import CONTRACT, TableContract
from features.delimited import Ragged, open_delimited
from features.errors import SourceNotFoundError, UnreadableSourceError
from features.tables import Source

__all__ = ["Opened", "open_file", "open_source"]


class Opened(Protocol):
    """A source whose columns are known and whose rows can be had as Arrow batches."""

    @property
    def names(self) -> Sequence[str]:
        """The columns' names."""

    @property
    def notes(self) -> Sequence[str]:
        """What was guessed to read it."""

    @property
    def ragged(self) -> Sequence[Ragged]:
        """Rows that have not as many fields as there are columns, once the batches are drawn."""

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` (1-based) and the columns at ``positions``, named by these."""


def open_source(source: Source, contract: TableContract) -> Opened:
    """Open ``source``, which holds the table ``contract``.

    Raises `SourceNotFoundError` where nothing is there, and `UnreadableSourceError` where it is not what it
    claims to be.
    """
    mend = "Check the name; it is looked up from the folder that you are in."
    if contract is not CONTRACT["transactions"]:
        mend = f"Check the name under [tables.{contract.name}] in joren.toml, or leave that section out."
    wanted = {column.name for column in contract.columns} | set(source.columns.values())
    return open_file(Path(source.location), wanted, mend)


def open_file(path: Path, wanted: Collection[str], mend: str = "Check the path.") -> Opened:
    """Open a CSV or Parquet file; of the ways to split a header, the one with most ``wanted`` names is taken.

    Raises as `open_source` does; ``mend`` is said where there is no such file.
    """
    try:
        if not path.exists():
            raise _not_found(path, mend)
        if path.is_dir():
            raise UnreadableSourceError(f"{path} is a folder.", mend="Name one CSV or Parquet file.")
        if is_parquet(path):
            return open_parquet(path)
        return open_delimited(path, wanted)
    except OSError as error:
        raise UnreadableSourceError(
            f"{path} cannot be opened: {error.strerror}.", mend="Check its name and who may read it."
        ) from error


def _not_found(path: Path, mend: str) -> SourceNotFoundError:
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    nearest = [str(path.parent / name) for name in get_close_matches(path.name, beside)]
    return SourceNotFoundError(
        f"There is no file {path}.", which=[f"there is {name}" for name in nearest], mend=mend
    )
