"""Questions that are asked of the store thousands of times a second.

Around a statement that finds one row, SQLAlchemy takes five times as long as the database does. A prepared
question is compiled by it once, and from then on asked of the driver, over the same pool of connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Select

from serving.database import Database

__all__ = ["Prepared"]

Reading = Callable[[Any], Any]
"""Makes the value that a column means of what the driver gives."""


class Prepared:
    """One statement of the readers, with named values. Safe to share between threads."""

    def __init__(self, database: Database, question: Select[Any]) -> None:
        self._database = database
        self._dialect = database.readers.dialect
        compiled = question.compile(dialect=self._dialect)
        self._statement = str(compiled)
        self._places: list[str] | None = compiled.positiontup if compiled.positional else None
        self._columns = list(question.selected_columns)
        self._names = [column.name for column in self._columns]
        self._readings: list[tuple[int, Reading]] | None = None

    def rows(self, **values: str) -> list[dict[str, Any]]:
        """Return the rows found, each by the names of its columns; raises ``StoreUnavailableError``."""
        given = values if self._places is None else [values[name] for name in self._places]
        with self._database.cursor() as cursor:
            cursor.execute(self._statement, given)
            if self._readings is None:
                self._readings = self._learnt(cursor.description)
            return [self._row(row, self._readings) for row in cursor.fetchall()]

    def _learnt(self, description: Sequence[Any]) -> list[tuple[int, Reading]]:
        """Return how the columns are read, by their places; most are as the driver gives them."""
        kinds = [column.type.dialect_impl(self._dialect) for column in self._columns]
        told = zip(kinds, description, strict=True)
        found = [kind.result_processor(self._dialect, one[1]) for kind, one in told]
        return [(place, reading) for place, reading in enumerate(found) if reading is not None]

    def _row(self, row: Sequence[Any], readings: list[tuple[int, Reading]]) -> dict[str, Any]:
        values = list(row)
        for place, reading in readings:
            values[place] = reading(values[place])
        return dict(zip(self._names, values, strict=True))
