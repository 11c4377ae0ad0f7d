"""What had happened by a moment, one row per customer-day: the relation that every family starts from.

And one row for each kind of thing that a customer had bought by then. Both are read from the `past`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa

from features.behaviour.known import dated, known_at
from features.behaviour.lines import kinds_at, kinds_standing, running_kinds
from features.behaviour.past import past_of, unsettled_days, with_void
from features.engine import borrowed, kept, kept_rows, view

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables

__all__ = ["history_at", "kept_moments", "known_days", "known_kinds", "past_at", "running_past_at", "view_at"]


def history_at(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the customer-days known at each of ``moments``, keyed (as_of, customer_id, day).

    Columns as in `customer_days`, ``age_days`` = as_of - day, and ``order_age_days``, of an order alone.
    Days after as_of, and what became known after it, are not there.
    """
    return view_at(tables, moments, known_days)


def view_at(
    tables: Tables, moments: Iterable[date], build: Callable[..., ir.Table], **others: ir.Table
) -> ir.Table:
    """Return what ``build`` makes of `past_at`, the ``moments`` and ``others``, as a view."""
    clock = kept_moments(tables, moments)
    relations = past_at(tables, clock) | {"moments": clock} | others
    return view(tables.connection, build, relations)


def kept_moments(tables: Tables, moments: Iterable[date]) -> ir.Table:
    """Return the ``moments`` as a relation: ``as_of``, each once."""
    clock = pa.table({"as_of": pa.array(sorted(set(moments)), pa.date32())})
    return kept_rows(tables.connection, "moments", clock)


def past_at(tables: Tables, moments: ir.Table) -> dict[str, ir.Table]:
    """Return what is told of the past at each of ``moments``.

    ``settled_days`` and, at each moment, ``unsettled_days``, for `known_days`; the ``transactions``, and the
    ``void`` ones among them, for `known_kinds`.
    """
    past = past_of(tables)
    of = {"parts": past.parts, "unsettled": past.unsettled, "moments": moments}
    return {
        "settled_days": past.settled_days,
        "unsettled_days": kept(tables.connection, unsettled_days, of),
        "transactions": tables.transactions,
        "void": past.void,
    }


@contextmanager
def running_past_at(
    tables: Tables, moments: ir.Table, columns: Iterable[str]
) -> Iterator[dict[str, ir.Table]]:
    """Have `past_at` many ``moments`` while the block lasts, the lines summed but once for all of them.

    In place of ``void`` are ``unsteady``, the lines of the customers who have such lines at any time, and,
    of the others, ``running_…`` for each of ``columns``: the `running_kinds`.
    """
    relations = past_at(tables, moments)
    lines = {name: relations.pop(name) for name in ("transactions", "void")}
    with ExitStack() as block:

        def borrow(build: Callable[..., ir.Table], **settings: str) -> ir.Table:
            return block.enter_context(
                borrowed(tables.connection, build, lines | {"moments": moments}, **settings)
            )

        running = {f"running_{column}": borrow(running_kinds_of, column=column) for column in columns}
        yield relations | {"unsteady": borrow(unsteady_lines)} | running


def known_days(
    unsettled_days: ir.Table, moments: ir.Table, settled_days: ir.Table | None = None, **_others: ir.Table
) -> ir.Table:
    """Return `history_at` of the relations of `past_at`, at each ``as_of`` of ``moments``.

    ``unsettled_days`` are of these moments alone; without ``settled_days``, they are of everybody.
    """
    known = unsettled_days
    if settled_days is not None:
        prefixes = settled_days.cross_join(moments.select("as_of"))
        prefixes = prefixes.filter(prefixes.known_from <= prefixes.as_of)
        known = prefixes.union(known.select(prefixes.columns).cast(prefixes.schema()))
    age_days = known.as_of.delta(known.day, unit="day")
    order_age_days = known.purchase.ifelse(age_days, None)
    return known.mutate(age_days=age_days, order_age_days=order_age_days).drop("known_from")


def known_kinds(past: Mapping[str, ir.Table], moments: ir.Table, column: str) -> ir.Table:
    """Return `kinds_at` each ``as_of`` of ``moments``, of the lines that count then.

    ``past`` are the relations of `past_at` or of `running_past_at`.
    """
    if "unsteady" not in past:
        lines = with_void(dated(past["transactions"]), past["void"])
        return kinds_at(known_at(lines, moments), column)
    standing = kinds_standing(past[f"running_{column}"], moments)
    others = kinds_at(known_at(past["unsteady"], moments), column)
    return standing.union(others.select(standing.columns).cast(standing.schema()))


def unsteady_lines(transactions: ir.Table, void: ir.Table, **_others: ir.Table) -> ir.Table:
    """Return the lines of the customers who have ``void`` ones, with ``cancelled_from``."""
    return with_void(dated(transactions).semi_join(void, "customer_id"), void)


def running_kinds_of(transactions: ir.Table, void: ir.Table, moments: ir.Table, column: str) -> ir.Table:
    """Return the `running_kinds` of the customers who have no ``void`` lines."""
    leaving = void.select("customer_id", leaves=True).distinct()
    lines = dated(transactions).left_join(leaving, "customer_id")
    return running_kinds(lines.filter(lines.leaves.isnull()), column, moments)
