"""The behaviour table of a project at a moment, as a Parquet file for whoever wants the features alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.reference import reference_at
from features.table import behaviour_panel
from features.tables import Tables
from joren.errors import OutputError
from training.bundle import Bundle

__all__ = ["FeatureFile", "features_at", "features_for", "write_features"]

KEYS = 2  # customer_id and as_of, before the features


@dataclass(frozen=True)
class FeatureFile:
    """What was written: so many customers, each with so many features as they were known at ``as_of``."""

    path: Path
    as_of: date
    customers: int
    features: int


def features_at(tables: Tables, as_of: date) -> pa.Table:
    """Return `behaviour_table` at ``as_of``, measured against the population of that day."""
    return behaviour_panel(tables, [reference_at(tables, as_of)])


def features_for(bundle: Bundle, tables: Tables, as_of: date) -> pa.Table:
    """Return what ``bundle`` scores at ``as_of``: measured against its own population, attributes beside."""
    return pa.Table.from_pandas(bundle.behaviour(tables, as_of), preserve_index=False)


def write_features(rows: pa.Table, as_of: date, path: Path) -> FeatureFile:
    """Write the features ``rows`` of ``as_of`` to ``path``.

    The file is there whole or not at all. Raises ``OutputError`` where it cannot be written.
    """
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, draft, compression="zstd")
        draft.replace(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error}.", mend="Name another file.") from error
    finally:
        with suppress(OSError):
            draft.unlink()
    return FeatureFile(path, as_of, rows.num_rows, rows.num_columns - KEYS)
