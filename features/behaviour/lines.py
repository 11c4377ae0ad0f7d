"""What is in the orders: the lines known at a moment, gathered by customer and product, category or channel.

How broad, how concentrated and how new a customer's choice is follows from a count of lines and the days of
each kind of thing bought: no distinct count, no list. A column that the business does not record costs
nothing, and what it would tell is null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "KINDS",
    "RECENT_DAYS",
    "YEAR_DAYS",
    "kinds_at",
    "kinds_standing",
    "running_kinds",
    "with_line_sums",
]

RECENT_DAYS = 182
YEAR_DAYS = 364
KEYS = ("as_of", "customer_id")
KINDS: Mapping[str, str] = {"product_id": "products", "category": "categories", "channel": "channels"}
"""Columns that say of what kind a line is, and what several such kinds are called."""
OF_KIND = ("customer_id", "kind")
DAYS = ("first", "last", "first_back", "last_back")
NO_KINDS = ibis.table(
    {
        "as_of": "date",
        "customer_id": "string",
        "kind": "string",
        "lines": "int64",
        **dict.fromkeys(DAYS, "date"),
    },
    name="no_kinds",
)
"""What `kinds_at` gives, for the types of the sums over a column that is not recorded."""


def with_line_sums(customers: ir.Table, kinds: Mapping[str, ir.Table]) -> ir.Table:
    """Return ``customers``, keyed (as_of, customer_id), with the sums over their lines beside them.

    ``kinds`` are `kinds_at` of the columns that are recorded. What is made of another is null. Of
    ``product_id``, and likewise of ``category`` (categories) and ``channel`` (channels):

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
        sums = _summed(name, kinds.get(column, NO_KINDS))
        if column in kinds:
            joined = joined.left_join(sums, KEYS, rname=f"{{name}}_of_{column}")
        columns |= {
            name: sums[name] if column in kinds else ibis.null(kind)
            for name, kind in sums.schema().items()
            if name not in KEYS
        }
    return joined.select(**columns)


def kinds_at(lines: ir.Table, column: str) -> ir.Table:
    """Return what each customer bought, and gave back, by each ``as_of``, one row for each kind of thing.

    ``kind``: what the ``lines`` say in ``column``; ``lines`` of purchase; the days of the ``first`` and the
    ``last`` of these, and of the lines that were given back (``first_back``, ``last_back``).
    """
    rows = lines.filter(lines[column].notnull())
    return rows.group_by(*KEYS, kind=rows[column]).aggregate(**_lines_and_days(rows))


def running_kinds(lines: ir.Table, column: str, moments: ir.Table) -> ir.Table:
    """Return what `kinds_standing` are read from, of lines that count for ever once they are known.

    The lines that became known between two ``moments`` are summed once, and their sums run on: a row says
    what stands from ``since`` on, the first of the moments that sees its lines, until the moment ``until``.
    """
    known = lines.select("known_from").distinct().cross_join(moments.select("as_of"))
    known = known.filter(known.known_from <= known.as_of)
    since = known.group_by("known_from").aggregate(since=known.as_of.min())
    rows = lines.filter(lines[column].notnull()).join(since, "known_from")
    sums = rows.group_by("customer_id", "since", kind=rows[column]).aggregate(**_lines_and_days(rows))
    so_far = ibis.window(group_by=OF_KIND, order_by="since", preceding=None, following=0)
    return sums.mutate(
        lines=sums.lines.sum().over(so_far).cast("int64"),
        first=sums["first"].min().over(so_far),
        last=sums["last"].max().over(so_far),
        first_back=sums.first_back.min().over(so_far),
        last_back=sums.last_back.max().over(so_far),
        until=sums.since.lead().over(ibis.window(group_by=OF_KIND, order_by="since")),
    )


def kinds_standing(running: ir.Table, moments: ir.Table) -> ir.Table:
    """Return `kinds_at` each ``as_of`` of ``moments``, which are among those of the `running_kinds`."""
    at = running.cross_join(moments.select("as_of"))
    lasting = at.until.isnull() | (at.until > at.as_of)
    return at.filter((at.since <= at.as_of) & lasting).select(NO_KINDS.columns)


def _lines_and_days(rows: ir.Table) -> Mapping[str, ir.Value]:
    return {
        "lines": rows.count(where=~rows.back),
        "first": rows.day.min(where=~rows.back),
        "last": rows.day.max(where=~rows.back),
        "first_back": rows.day.min(where=rows.back),
        "last_back": rows.day.max(where=rows.back),
    }


def _summed(name: str, kinds: ir.Table) -> ir.Table:
    kinds = kinds.filter(kinds.lines > 0)
    kinds = kinds.mutate(**{day: kinds.as_of.delta(kinds[day], unit="day") for day in DAYS})
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
