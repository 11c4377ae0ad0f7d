"""Behaviour tables at moments of the past, each built once: a fit and its trial look at the same ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Self

import pandas as pd

from features.histories import purchase_histories
from features.reference import Reference, references_at
from features.table import behaviour_panel
from features.tables import Tables
from training.config import TrainingConfig
from training.draw import Draw, drawn
from training.frames import as_frame, frame_of_arrow

__all__ = ["Snapshots"]

CUSTOMERS_PER_ROW = 2  # half of them may come after the oldest moment, and each moment still fill the rows
RANGED = ("orders", "gross_spend", "mean_order_value")
"""Features of which a bundle knows the largest that it has seen: far beyond them its scores mean little."""


class Snapshots:
    """What was known of the customers of ``tables`` at each moment that was asked for; kept once built.

    ``part``: the rows of those customers that are looked at, which are all but where some were drawn
    (``draw``). What is handed out is shared: nobody writes into it.
    """

    def __init__(self, tables: Tables, part: Tables | None = None, draw: Draw | None = None) -> None:
        self.tables = tables
        self.part = part or tables
        self.draw = draw
        self._built: dict[date, tuple[Reference, pd.DataFrame]] = {}

    @classmethod
    def of(cls, tables: Tables, as_of: date, config: TrainingConfig) -> Self:
        """Return those of as many customers known at ``as_of`` as ``config`` can learn from."""
        return cls(tables, *drawn(tables, as_of, CUSTOMERS_PER_ROW * config.max_rows, config.seed))

    def anew(self) -> Self:
        """Return those of the same customers, nothing built."""
        return type(self)(self.tables, self.part, self.draw)

    def build(self, moments: Iterable[date]) -> None:
        """Build what is not there yet, by one query: asking for one moment after the other costs more."""
        missing = sorted(set(moments) - self._built.keys())
        if not missing:
            return
        references = references_at(self.tables, missing)
        rows = frame_of_arrow(behaviour_panel(self.part, references))
        by_moment = dict(iter(rows.groupby("as_of", sort=False)))
        for reference in references:
            table = by_moment[pd.Timestamp(reference.as_of)].reset_index(drop=True)
            self._built[reference.as_of] = (reference, table)

    def reference(self, moment: date) -> Reference:
        """Return the population at ``moment``: all customers, drawn or not."""
        self.build([moment])
        return self._built[moment][0]

    def behaviour(self, moment: date) -> pd.DataFrame:
        """Return the behaviour table at ``moment``, in order of ``customer_id``."""
        self.build([moment])
        return self._built[moment][1]

    def largest(self, moment: date) -> dict[str, float]:
        """Return the largest value at ``moment`` of each feature of `RANGED`, of all customers, drawn or not.

        Where some were drawn it is read from the histories of all: their features would cost far more.
        """
        if self.draw is None:
            most = self.behaviour(moment)[[*RANGED]].max()
        else:
            every = purchase_histories(self.tables, moment)
            told = {"orders": every.x + 1, "gross_spend": every.gross, "mean_order_value": every.mean_value}
            most = as_frame(every.aggregate(**{name: told[name].max() for name in RANGED})).iloc[0]
        return {str(name): float(value) for name, value in most.dropna().items()}
