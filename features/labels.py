"""What customers did in the days after a moment: the truth that models learn and are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import ibis

from features.behaviour.history import history_at
from features.errors import ImmatureWindowError
from features.subscribers import contracts_kept, subscribers_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables
    from features.window import Window

__all__ = ["outcomes_in", "outcomes_panel"]


def outcomes_in(tables: Tables, window: Window, *, known_by: date | None = None) -> ir.Table:
    """Return the outcome of ``window`` for every customer with an order by as_of, as `outcomes_panel`."""
    return outcomes_panel(tables, [window], known_by=known_by)


def outcomes_panel(tables: Tables, windows: Sequence[Window], *, known_by: date | None = None) -> ir.Table:
    """Return the outcomes of many windows, one row per window and customer with an order by its as_of.

    In a business with contracts they are the customers whose subscription ran then. Columns, sorted by as_of,
    then customer_id:

    - ``customer_id``, ``as_of``
    - ``churned``: no order from as_of + 1 to as_of + horizon_days, both days within; with a contract: the
      subscription ended in these days, and none began. ``orders``: the number of orders
    - ``revenue``: net of refunds, floored at 0; ``margin``: likewise, null where the data records none.
      Decimals, in currency units

    ``known_by`` looks through the eyes of that day: what happened or reached the business later is not there.
    A model trained as of a day passes that day. Raises ImmatureWindowError where the data so seen ends before
    a window does.
    """
    known_by = known_by or date.max
    _refuse_immature(tables.last_day(known_by), windows)
    seen = history_at(tables, [known_by]).drop("as_of")
    spans = ibis.memtable(
        [(window.as_of, window.outcome_start, window.outcome_end) for window in windows],
        schema={"as_of": "date", "start": "date", "end": "date"},
    )
    cohort = _cohort(tables, windows)
    within = seen.join(spans, seen.day.between(spans.start, spans.end))
    sums = within.group_by("as_of", "customer_id").aggregate(
        orders=within.count(where=within.purchase), revenue=within.net.sum(), margin=within.margin.sum()
    )
    truth = cohort.left_join(sums, ("as_of", "customer_id"))
    orders = truth.orders.fill_null(0)
    churned = orders == 0
    if tables.contract:
        kept = contracts_kept(tables, windows, known_by).mutate(kept=True)
        truth = truth.left_join(kept, ("as_of", "customer_id"))
        orders, churned = truth.orders.fill_null(0), truth.kept.isnull()
    margin = _floored(truth.margin) if tables.has_margin else ibis.null(truth.margin.type())
    return truth.select(
        "customer_id",
        "as_of",
        churned=churned,
        orders=orders,
        revenue=_floored(truth.revenue),
        margin=margin,
    ).order_by("as_of", "customer_id")


def _cohort(tables: Tables, windows: Sequence[Window]) -> ir.Table:
    """Return (as_of, customer_id) for those known at each as_of to have bought; to subscribe, by contract."""
    moments = [window.as_of for window in windows]
    known = history_at(tables, moments)
    bought = known.filter(known.purchase).select("as_of", "customer_id").distinct()
    if tables.contract:
        return bought.semi_join(subscribers_at(tables, moments), ("as_of", "customer_id"))
    return bought


def _floored(money: ir.DecimalValue) -> ir.Value:
    zero = ibis.literal(0).cast(money.type())
    return ibis.greatest(money.fill_null(zero), zero)


def _refuse_immature(last_day: date | None, windows: Sequence[Window]) -> None:
    immature = [window for window in windows if last_day is None or last_day < window.outcome_end]
    if immature:
        raise ImmatureWindowError(
            f"The data ends on {last_day}, before the outcome window does.",
            which=[f"as of {window.as_of}: the window ends on {window.outcome_end}" for window in immature],
            mend="Choose an earlier moment or a shorter horizon, or load the days that are missing.",
        )
