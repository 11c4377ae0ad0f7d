"""How a lifetime-value model's expectations compare with what came, by groups of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from training.metrics import decile_table

if TYPE_CHECKING:
    from training.clv_holdout import Holdout

__all__ = ["LEAST_IN_GROUP", "by_frequency", "value_tenths"]

LEAST_IN_GROUP = 20  # customers: fewer say little, and too much of each
MOST_FREQUENT = 10


def by_frequency(holdout: Holdout) -> pd.DataFrame:
    """Return the purchases of the days held out by the repeat purchases before them.

    Index: "0", "1", … and the last open, as "7+": every group has 20 customers or more, where there are so
    many. Columns: ``customers``, ``actual`` and ``expected`` purchases of one, and ``standard_error`` of the
    actual.
    """
    x = holdout.customers["x"].to_numpy(np.int64)
    last = open_group(np.bincount(np.minimum(x, MOST_FREQUENT)))
    seen = pd.DataFrame({"actual": holdout.customers["bought"], "expected": holdout.expected_orders()})
    grouped = seen.groupby(np.minimum(x, last))
    table = grouped.mean().assign(
        customers=grouped.size(), standard_error=grouped["actual"].sem().fillna(0.0)
    )
    table.index = pd.Index([f"{group}+" if group == last else f"{group}" for group in table.index], name="x")
    return table


def open_group(customers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    """Return the frequency from which on customers are taken together."""
    few = np.flatnonzero(customers < LEAST_IN_GROUP)
    last = int(few[0]) if few.size else customers.size - 1
    return last if customers[last:].sum() >= LEAST_IN_GROUP else max(last - 1, 0)


def value_tenths(holdout: Holdout) -> pd.DataFrame:
    """Return revenue in the days held out by tenths of the customers, 1 = the highest expectation.

    ``predicted`` and ``seen`` for one customer, ``total`` seen; in currency units, net of refunds.
    """
    return decile_table(holdout.customers["revenue"], pd.Series(holdout.expected_revenue()))
