"""A table as a file: Parquet for machines, CSV for people; whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from joren.errors import ConfigError, OutputError
from joren.report import score_rows
from serving.spreadsheet import to_csv

__all__ = ["refuse_place", "unwritable", "write_table"]

ENDINGS = (".csv", ".parquet")


def refuse_place(path: Path) -> None:
    """Raise ``ConfigError`` for a name without .csv or .parquet, ``OutputError`` where there is no folder."""
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(
            f"{path} ends in neither {' nor '.join(ENDINGS)}.", mend="Name the file by what it is to be."
        )
    if not path.parent.is_dir():
        raise OutputError(f"There is no folder {path.parent}.", mend="Make it, or choose another place.")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write ``table``; in a CSV no cell can act as a formula. Raises ``ConfigError``, ``OutputError``.

    A CSV has a byte-order mark only where there is more than ASCII: Excel needs it there.
    """
    refuse_place(path)
    draft = path.with_name(f".{path.name}.new")
    try:
        if path.suffix.lower() == ".csv":
            text = to_csv(score_rows(table), list(table.columns))
            draft.write_bytes(text.encode("utf-8" if text.isascii() else "utf-8-sig"))
        else:
            pq.write_table(pa.Table.from_pandas(table, preserve_index=False), draft, compression="zstd")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> OutputError:
    """Return what is to be told where the system does not let ``path`` be written."""
    reason = (error.strerror or "not possible").lower()
    return OutputError(f"{path} cannot be written: {reason}.", mend="Choose another place, or make room.")
