"""What is in the orders: the lines known at a moment, gathered by customer and product, category or channel.

How broad, how concentrated and how new a customer's choice is follows from a count of lines and two days of
each kind of thing bought: no distinct count, no list, no sort. A column that the business does not record
costs nothing, and what it would tell is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["RECENT_DAYS", "YEAR_DAYS", "with_line_sums"]

RECENT_DAYS = 182
YEAR_DAYS = 364
KEYS = ("as_of", "customer_id")
KINDS: Mapping[str, str] = {"product_id": "products", "category": "categories", "channel": "channels"}
"""Columns that say of what kind a line is, and what several such kinds are called."""
NO_LINES = ibis.table(
    {"as_of": "date", "customer_id": "string", "kind": "string", "bought": "int64", "given_back": "int64"},
    name="no_lines",
)
"""What `_of_kind` gives, for the types of the sums over a column that is not recorded."""


def with_line_sums(customers: ir.Table, lines: ir.Table, there: frozenset[str]) -> ir.Table:
    """Return ``customers``, keyed (as_of, customer_id), with the sums over their ``lines`` beside them.

    ``lines`` are those of `features.behaviour.history.known_lines`. What is made of a column that is not
    ``there`` is null. Of ``product_id``, and likewise of ``category`` (categories) and ``channel``
    (channels):

    - ``products``: different ones bought, ever; ``products_recent`` and ``products_year``: in the last
      `RECENT_DAYS` and `YEAR_DAYS`; ``products_new``: in the last `RECENT_DAYS` for the first time;
      ``products_again``: on two days or more; ``products_returned``: given back after they were bought
    - ``products_lines``: lines of purchase, ``products_most``: of the product with the most lines,
      ``products_squares``: squared, product by product
    - ``products_matched``: those given back that were bought on one day only, and over these
      ``products_days_to_return``: the days from that one to the first return
    """
    joined: ir.Table = customers
    columns = {name: customers[name] for name in customers.columns}
    for column, name in KINDS.items():
        recorded = f"transactions.{column}" in there
        sums = _kinds(name, _of_kind(lines, column) if recorded else NO_LINES)
        if recorded:
            joined = joined.left_join(sums, KEYS, rname=f"{{name}}_of_{column}")
        columns |= {
            name: sums[name] if recorded else ibis.null(kind)
            for name, kind in sums.schema().items()
            if name not in KEYS
        }
    return joined.select(**columns)


def _of_kind(lines: ir.Table, column: str) -> ir.Table:
    """Return the ``lines`` that say something in ``column``, their ``kind``.

    ``bought`` or else ``given_back`` is the age of the line in days.
    """
    rows = lines.filter(lines[column].notnull())
    age = rows.as_of.delta(rows.day, unit="day")
    return rows.select(
        *KEYS,
        kind=rows[column],
        bought=rows.back.ifelse(None, age),
        given_back=rows.back.ifelse(age, None),
    )


def _kinds(name: str, lines: ir.Table) -> ir.Table:
    kinds = lines.group_by(*KEYS, "kind").aggregate(
        lines=lines.bought.count(),
        first=lines.bought.max(),
        last=lines.bought.min(),
        first_back=lines.given_back.max(),
        last_back=lines.given_back.min(),
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
