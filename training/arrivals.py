"""How a shop's customers came, and came again, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np

from features.behaviour.history import history_at
from features.tables import Tables
from training.models.glm import Array

__all__ = ["Arrivals"]


@dataclass(frozen=True)
class Arrivals:
    """Purchases on each day from ``first_day`` to a moment.

    ``first``: customers' first purchases, ``repeat``: all others, (days,). ``new_in_half``: what would be
    first purchases if the file began with its second half, on each day of that.
    """

    first_day: date
    first: Array
    repeat: Array
    new_in_half: Array

    @classmethod
    def of(cls, tables: Tables, first_day: date, as_of: date) -> Self:
        """Count from ``first_day`` of the data on what was known at ``as_of``."""
        size = (as_of - first_day).days + 1
        middle = first_day + timedelta(days=size - size // 2)
        known = history_at(tables, [as_of])
        bought = known.filter(known.purchase)
        is_first = bought.previous_order.isnull()
        counted = bought.group_by("day").aggregate(
            every=bought.count(),
            first=bought.count(where=is_first),
            new=bought.count(where=is_first | (bought.previous_order < middle)),
        )
        every, first, new = np.zeros((3, size))
        for row in counted.to_pyarrow().to_pylist():
            day = (row["day"] - first_day).days
            every[day], first[day], new[day] = row["every"], row["first"], row["new"]
        return cls(first_day, first, every - first, new[size - size // 2 :])
