"""Behaviour tables at moments of the past, each built once: a fit and its trial look at the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from features.reference import Reference, references_at
from features.table import behaviour_panel
from features.tables import Tables
from training.frames import as_frame

__all__ = ["Snapshots"]


class Snapshots:
    """What was known of the customers of ``tables`` at each moment that was asked for; kept once built.

    What is handed out is shared: nobody writes into it.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._built: dict[date, tuple[Reference, pd.DataFrame]] = {}

    def build(self, moments: Iterable[date]) -> None:
        """Build what is not there yet, by one query: asking for one moment after the other costs more."""
        missing = sorted(set(moments) - self._built.keys())
        if not missing:
            return
        references = references_at(self.tables, missing)
        rows = as_frame(behaviour_panel(self.tables, references))
        by_moment = dict(iter(rows.groupby("as_of", sort=False)))
        for reference in references:
            table = by_moment[pd.Timestamp(reference.as_of)].reset_index(drop=True)
            self._built[reference.as_of] = (reference, table)

    def reference(self, moment: date) -> Reference:
        """Return the population at ``moment``."""
        self.build([moment])
        return self._built[moment][0]

    def behaviour(self, moment: date) -> pd.DataFrame:
        """Return the behaviour table at ``moment``, in order of ``customer_id``."""
        self.build([moment])
        return self._built[moment][1]
