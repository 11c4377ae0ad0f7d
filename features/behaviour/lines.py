"""What is in the orders: the lines known at a moment, gathered by customer and product, category or channel.

How broad, how concentrated and how new a customer's choice is follows from a count of lines and two days of
each kind of thing bought: no distinct count, no list, no sort. A column that the business does not record
costs nothing, and what it would tell is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import ibis

from features.behaviour.history import rows_at

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["RECENT_DAYS", "YEAR_DAYS", "unit_prices", "with_line_sums"]

RECENT_DAYS = 182
YEAR_DAYS = 364
KEYS = ("as_of", "customer_id")
NO_LINES = ibis.table(
    {
        "as_of": "date",
        "customer_id": "string",
        "amount": "decimal(18, 4)",
        "value": "decimal(18, 4)",
        "bought": "int64",
        "given_back": "int64",
    },
    name="no_lines",
)
"""What `_lines` gives, for the types of the sums over a column that is not recorded."""


def with_line_sums(customers: ir.Table, tables: Tables, moments: Sequence[date]) -> ir.Table:
    """Return ``customers``, keyed (as_of, customer_id), with the sums over their lines beside them.

    Where a column is not recorded, what is made of it is null.

    Of ``product_id``, and likewise of ``category`` (categories) and ``channel`` (channels):

    - ``products``: different ones bought, ever; ``products_recent`` and ``products_year``: in the last
      `RECENT_DAYS` and `YEAR_DAYS`; ``products_new``: in the last `RECENT_DAYS` for the first time;
      ``products_again``: on two days or more; ``products_returned``: given back after they were bought
    - ``products_lines``: lines of purchase, ``products_most``: of the product with the most lines,
      ``products_squares``: squared, product by product
    - ``products_matched``: those given back that were bought on one day only, and over these
      ``products_days_to_return``: the days from that one to the first return

    Of ``quantity``: ``pieces``, and ``pieces_paid``: what was paid for them. Of ``discount``: ``discounts``
    in currency units, ``discounted_lines`` and, in the last `RECENT_DAYS`, ``discounted_lines_recent``.
    """
    joined: ir.Table = customers
    columns = {name: customers[name] for name in customers.columns}
    for column, sums_of in _SUMS.items():
        there = f"transactions.{column}" in tables.there
        sums = sums_of(_lines(tables, moments, column) if there else NO_LINES)
        if there:
            joined = joined.left_join(sums, KEYS, rname=f"{{name}}_of_{column}")
        columns |= {
            name: sums[name] if there else ibis.null(kind)
            for name, kind in sums.schema().items()
            if name not in KEYS
        }
    return joined.select(**columns)


def unit_prices(tables: Tables, moments: Sequence[date]) -> ir.Table | None:
    """Return (as_of, customer_id, price), what each customer pays for a piece; None where no quantity is."""
    if "transactions.quantity" not in tables.there:
        return None
    sums = _pieces(_lines(tables, moments, "quantity"))
    prices = sums.select(*KEYS, price=price_of(sums))
    return prices.filter(prices.price.notnull())


def price_of(sums: ir.Table) -> ir.FloatingValue:
    """Return the mean price of a piece, in currency units to four decimals; null where none was counted."""
    return (sums.pieces_paid.cast("float64") / sums.pieces.cast("float64").nullif(0)).round(4)


def _lines(tables: Tables, moments: Sequence[date], column: str) -> ir.Table:
    """Return the rows known at each of ``moments``, by ``as_of``, as the sums over ``column`` need them.

    ``value`` is what stands in the column; ``bought`` or else ``given_back`` is the age of the row in days.
    """
    rows = rows_at(tables, moments, "day", "amount", "back", column)
    age = rows.as_of.delta(rows.day, unit="day")
    return rows.select(
        "as_of",
        "customer_id",
        "amount",
        value=rows[column],
        bought=rows.back.ifelse(None, age),
        given_back=rows.back.ifelse(age, None),
    )


def _kinds(name: str, lines: ir.Table) -> ir.Table:
    told = lines.filter(lines.value.notnull())
    kinds = told.group_by(*KEYS, "value").aggregate(
        lines=told.bought.count(),
        first=told.bought.max(),
        last=told.bought.min(),
        first_back=told.given_back.max(),
        last_back=told.given_back.min(),
    )
    kinds = kinds.filter(kinds.lines > 0)
    first, last = kinds["first"], kinds["last"]
    returned = (kinds.last_back <= first).fill_null(False)
    matched = (first == last) & (kinds.first_back <= first).fill_null(False)
    return kinds.group_by(KEYS).aggregate(
        **{
            name: kinds.count(),
            f"{name}_recent": kinds.count(where=last < RECENT_DAYS),
            f"{name}_year": kinds.count(where=last < YEAR_DAYS),
            f"{name}_new": kinds.count(where=first < RECENT_DAYS),
            f"{name}_again": kinds.count(where=first > last),
            f"{name}_returned": kinds.count(where=returned),
            f"{name}_lines": kinds.lines.sum(),
            f"{name}_most": kinds.lines.max(),
            f"{name}_squares": (kinds.lines * kinds.lines).sum(),
            f"{name}_matched": kinds.count(where=matched),
            f"{name}_days_to_return": (first - kinds.first_back).sum(where=matched),
        }
    )


def _pieces(lines: ir.Table) -> ir.Table:
    counted = lines.filter(lines.bought.notnull() & (lines.value > 0))
    return counted.group_by(KEYS).aggregate(pieces=counted.value.sum(), pieces_paid=counted.amount.sum())


def _discounts(lines: ir.Table) -> ir.Table:
    bought = lines.filter(lines.bought.notnull())
    discounted = (bought.value > 0).fill_null(False)
    return bought.group_by(KEYS).aggregate(
        discounts=bought.value.sum(where=discounted).fill_null(0),
        discounted_lines=bought.count(where=discounted),
        discounted_lines_recent=bought.count(where=discounted & (bought.bought < RECENT_DAYS)),
    )


_SUMS: Mapping[str, Callable[[ir.Table], ir.Table]] = {
    "product_id": partial(_kinds, "products"),
    "category": partial(_kinds, "categories"),
    "channel": partial(_kinds, "channels"),
    "quantity": _pieces,
    "discount": _discounts,
}
"""By the column that they are made of: `_lines` in, one row per (as_of, customer_id) out."""
