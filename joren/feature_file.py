"""The behaviour table of a project at a moment, as a Parquet file for whoever wants the features alone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from features.catalogue import CATALOGUE
from features.reference import reference_at
from features.table import behaviour_rows
from features.tables import Tables
from joren.errors import OutputError

__all__ = ["FeatureFile", "write_features"]


@dataclass(frozen=True)
class FeatureFile:
    """What was written: so many customers, each with so many features as they were known at ``as_of``."""

    path: Path
    as_of: date
    customers: int
    features: int


def write_features(tables: Tables, as_of: date, path: Path) -> FeatureFile:
    """Write `behaviour_table` at ``as_of``, measured against its own population, to ``path``.

    The file is there whole or not at all. Raises ``OutputError`` where it cannot be written.
    """
    reference = reference_at(tables, as_of)
    rows = behaviour_rows(tables, [reference])
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
    return FeatureFile(path, as_of, reference.customers, len(CATALOGUE))
