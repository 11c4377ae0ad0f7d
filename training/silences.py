"""How long customers are silent before they come back, each counted once, however often they buy.

Kaplan and Meier's curve of the gaps between orders. A customer's gaps share one vote: pooled, the short gaps
of frequent buyers would drown everybody else's. The gap that is still open counts for those who never came
back only: among repeat buyers it is longer than their others by the way it was sampled, and would bend the
curve (Wang & Chang, "Nonparametric estimation of a recurrent survival function", JASA 94, 1999).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np

from features.behaviour.history import history_at
from features.histories import grouped_histories
from features.tables import Tables
from training.errors import NotEnoughDataError
from training.frames import as_frame
from training.models.glm import Array

__all__ = ["Silences"]

FEWEST_RETURNED = 30
FEWEST_AT_RISK = 20.0


@dataclass(frozen=True)
class Silences:
    """``waiting[t]``: the share of customers who, after an order, are silent for more than ``t`` days.

    It ends on the last day that 20 customers' votes are seen to reach. ``own_gaps`` and ``own_customers``:
    repeat buyers' own mean gaps, ascending, and how many have each.
    """

    waiting: Array
    own_gaps: Array
    own_customers: Array
    customers: int
    returned: int

    @classmethod
    def of(cls, tables: Tables, as_of: date) -> Self:
        """Measure the history at ``as_of``. Raises ``NotEnoughDataError`` where under 30 came back."""
        groups = as_frame(grouped_histories(tables, as_of))
        x, t_x, age, customers = (groups[name].to_numpy() for name in ("x", "t_x", "T", "customers"))
        returned = int(customers[x > 0].sum())
        if returned < FEWEST_RETURNED:
            raise NotEnoughDataError(
                f"{returned} of {customers.sum():,.0f} customers came back: too few to tell when they do.",
                mend=f"{FEWEST_RETURNED} are needed: load more of the past.",
            )
        last_day = tables.last_day(as_of) or as_of
        open_since = np.maximum(age - (as_of - last_day).days, 0)
        events = _complete_gaps(tables, as_of, int(age.max()))
        censored = np.zeros(events.size)
        np.add.at(censored, open_since[x == 0].astype(np.int64), customers[x == 0])
        own = t_x[x > 0] / x[x > 0]
        order = np.argsort(own)
        return cls(
            _survival(events, censored), own[order], customers[x > 0][order], int(customers.sum()), returned
        )

    @property
    def longest_days(self) -> int:
        """The longest silence that the curve tells of."""
        return self.waiting.size - 1

    def returned_within(self, days: int) -> float:
        """Return the share of those who come back at all that is back within ``days`` of their last order."""
        return float((1.0 - self._at(days)) / (1.0 - self.waiting[-1]))

    def return_after(self, days: int) -> float:
        """Return the share of those silent for ``days`` who still come back, as far as the curve goes."""
        return float(1.0 - self.waiting[-1] / self._at(days))

    def own_within(self, days: int) -> float:
        """Return the share of the repeat buyers whose own mean gap is ``days`` at the most."""
        fits = self.own_customers[self.own_gaps <= days].sum()
        return float(fits / self.own_customers.sum())

    def _at(self, days: int) -> float:
        return float(self.waiting[min(days, self.longest_days)])


def _complete_gaps(tables: Tables, as_of: date, longest_days: int) -> Array:
    """Return the votes for each gap that ended, by its days: of k gaps, each has 1/k of a vote."""
    known = history_at(tables, [as_of])
    again = known.filter(known.purchase & known.previous_order.notnull())
    gaps = again.select("customer_id", gap=again.day.delta(again.previous_order, unit="day"))
    number = gaps.group_by("customer_id").aggregate(k=gaps.count())
    counted = gaps.join(number, "customer_id").group_by("gap", "k").aggregate(gaps=lambda rows: rows.count())
    seen = as_frame(counted.order_by("gap", "k"))
    votes = np.zeros(longest_days + 1)
    np.add.at(votes, seen["gap"].to_numpy(np.int64), (seen["gaps"] / seen["k"]).to_numpy())
    return votes


def _survival(events: Array, censored: Array) -> Array:
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    seen = np.flatnonzero(at_risk >= FEWEST_AT_RISK)
    last = int(seen[-1]) if seen.size else 0
    return np.asarray(np.cumprod(1.0 - events[: last + 1] / np.maximum(at_risk[: last + 1], 1e-12)))
