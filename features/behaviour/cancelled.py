"""Orders that were entered and cancelled in full: each line of the sale, and a refund that mirrors it.

Rows are read in the order in which the business came to know them, so that what it learns later changes
nothing it knew before. A refund mirrors the latest sale known by then that it can: same customer, product,
amount and quantity, not given back yet. An order is cancelled on the first day on which all its lines known
by then are mirrored, and stays so: a line of it that is heard of later is a sale of its own. A refund more
than ``within_days`` days after the sale is an ordinary return.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import ibis

from features.behaviour.known import dated

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "ORDER",
    "cancellable_goods",
    "cancellable_orders",
    "mirrored_sales",
    "paired_lines",
    "refunds",
    "void_lines",
]

GOODS = ("customer_id", "goods", "value", "pieces")
"""What a sale and its mirror have in common; where product and quantity are not recorded, the others."""
ORDER = ("customer_id", "order", "entered")
"""What names an order: its id or, without one, the moment at which it was entered."""
NAMED = datetime(1970, 1, 1)  # noqa: DTZ001  wall time has no zone; any constant does
AS_KNOWN = ("known_from", "timestamp", "back", "order", "margin")


def refunds(transactions: ir.Table) -> ir.Table:
    """Return the `GOODS` of each row that gives something back, and when it did."""
    rows = dated(transactions)
    return _entries(rows.filter(rows.back)).select(*GOODS, "timestamp", "day")


def mirrored_sales(transactions: ir.Table, refunds: ir.Table, within_days: int) -> ir.Table:
    """Return how many ``lines`` of each `ORDER`, by ``known_from``, some of the `refunds` could mirror."""
    sales = _sales(transactions)
    mirrors = [sales[name] == refunds[name] for name in GOODS]
    in_time = refunds.day <= sales.day + ibis.interval(days=within_days)
    mirrored = sales.semi_join(refunds, [*mirrors, refunds.timestamp >= sales.timestamp, in_time])
    return mirrored.group_by(*ORDER, "known_from").aggregate(lines=ibis._.count())


def cancellable_orders(transactions: ir.Table, mirrored: ir.Table) -> ir.Table:
    """Return the `ORDER` of all orders that were cancelled, and of a few besides: a cheap first look.

    These have lines, known on one day, each of which is among the `mirrored_sales`.
    """
    sales = _sales(transactions).semi_join(mirrored, ORDER)
    lines = sales.group_by(*ORDER, "known_from").aggregate(lines=ibis._.count())
    return lines.semi_join(mirrored, (*ORDER, "known_from", "lines")).select(ORDER).distinct()


def cancellable_goods(transactions: ir.Table, orders: ir.Table) -> ir.Table:
    """Return the `GOODS` of the lines of the `cancellable_orders`, each once."""
    return _sales(transactions).semi_join(orders, ORDER).select(GOODS).distinct()


def paired_lines(transactions: ir.Table, goods: ir.Table, within_days: int) -> ir.Table:
    """Return the lines of the `cancellable_goods`: source_row, ``back``, ``known_from``, `ORDER`.

    And ``closed_on``, of a sale and of the refund that mirrors it: the day on which both were known; null
    without a mirror. On such a refund `ORDER` is that of the sale.
    """
    entries = _entries(dated(transactions)).select("source_row", "day", *AS_KNOWN, *GOODS, "entered")
    paired = _on_levels(entries.semi_join(goods, GOODS), within_days)
    return paired.select("source_row", "back", "known_from", *ORDER, "closed_on")


def void_lines(paired: ir.Table, orders: ir.Table) -> ir.Table:
    """Return the lines of cancelled orders, and the refunds that mirror them.

    ``source_row``, `ORDER`, and ``cancelled_from``: the day from which on the business knows that both are
    void. ``paired`` are the `paired_lines`, ``orders`` the `cancellable_orders`.
    """
    cancelled = _cancelled_orders(paired.semi_join(orders, ORDER))
    void = paired.join(cancelled, ORDER).filter(lambda it: it.closed_on <= it.cancelled_from)
    return void.select("source_row", *ORDER, "cancelled_from")


def _sales(transactions: ir.Table) -> ir.Table:
    rows = dated(transactions)
    return _entries(rows.filter(~rows.back))


def _entries(rows: ir.Table) -> ir.Table:
    return rows.mutate(
        goods=rows.product_id.fill_null(""),
        value=rows.amount.abs(),
        pieces=rows.quantity.abs().fill_null(-1),
        order=rows.order_id.fill_null(""),
        entered=rows.order_id.isnull().ifelse(rows.timestamp, NAMED),
    )


def _on_levels(entries: ir.Table, within_days: int) -> ir.Table:
    """Find the mirrors among goods that were given back.

    As closing brackets match the opening ones: a sale opens a level of its goods, the next refund closes it.
    """
    columns = entries.columns
    so_far = ibis.window(group_by=GOODS, order_by=AS_KNOWN, preceding=None, following=0)
    entries = entries.mutate(balance=entries.back.ifelse(-1, 1).sum().over(so_far))
    unmatched = ibis.least(entries.balance.min().over(so_far), 0)
    entries = entries.mutate(level=entries.balance - unmatched + entries.back.ifelse(1, 0))
    level = ibis.window(group_by=[*GOODS, "level"], order_by=AS_KNOWN)
    names = ("back", "timestamp", "day", "known_from", "order", "entered")
    near = entries.mutate(
        **{f"next_{name}": entries[name].lead().over(level) for name in names},
        **{f"last_{name}": entries[name].lag().over(level) for name in names},
    )
    sold, given_back = _mirrors(near, "", "next_", within_days), _mirrors(near, "last_", "", within_days)
    changed = near.mutate(
        closed_on=ibis.cases((sold, near.next_known_from), (given_back, near.known_from)),
        order=given_back.ifelse(near.last_order, near.order),
        entered=given_back.ifelse(near.last_entered, near.entered),
    )
    return changed.select(*columns, "closed_on")


def _mirrors(near: ir.Table, sale: str, refund: str, within_days: int) -> ir.BooleanValue:
    """Return whether, of two neighbours on a level, the second mirrors the first."""
    opens, closes = ~near[f"{sale}back"], near[f"{refund}back"]
    after = near[f"{refund}timestamp"] >= near[f"{sale}timestamp"]
    in_time = near[f"{refund}day"].delta(near[f"{sale}day"], unit="day") <= within_days
    return (opens & closes & after & in_time).fill_null(False)


def _cancelled_orders(paired: ir.Table) -> ir.Table:
    """Return `ORDER` and ``cancelled_from``, the first day on which the order has no open line."""
    lines = paired.filter(~paired.back)
    opened = lines.select(*ORDER, known=lines.known_from, lines=ibis.literal(1))
    closed = lines.filter(lines.closed_on.notnull())
    closed = closed.select(*ORDER, known=closed.closed_on, lines=ibis.literal(-1))
    news = opened.union(closed).group_by(*ORDER, "known").aggregate(lines=ibis._.lines.sum())
    so_far = ibis.window(group_by=ORDER, order_by="known", preceding=None, following=0)
    news = news.mutate(open_lines=news.lines.sum().over(so_far))
    return news.filter(news.open_lines == 0).group_by(ORDER).aggregate(cancelled_from=ibis._.known.min())
