"""The behaviour of a few customers from rows in hand, for scoring while somebody waits.

The expressions are those of `features.table`, compiled and planned once, in a DuckDB of their own; so a
customer asked for alone equals the same customer in the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Self

import ibis
import pyarrow.compute as pc
import sqlglot as sg
import sqlglot.expressions as sge

from features.behaviour.cancelled import with_cancellations, without_cancellations
from features.behaviour.history import cancelled_within, settled_days, settled_lines, unsettled_days
from features.behaviour.known import dated
from features.behaviour.population import population
from features.engine import query_of
from features.table import behaviour

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir
    import pyarrow as pa

    from features.reference import Reference
    from features.tables import Rules, Tables

__all__ = ["OnlineBehaviour"]

NO_STATISTICS = "statistics_propagation,compressed_materialization"
"""A plan that outlives its rows must take nothing from them: DuckDB would, in a prepared statement too."""


class OnlineBehaviour:
    """Plans that are asked again and again; threads take turns.

    ``shapes``: the schemas of the contract tables as accepted (`Tables`), by name, transactions among them;
    ``there``: what the data has, and ``contract``: whether only subscribers are customers, as in `Tables`.
    """

    def __init__(
        self, shapes: Mapping[str, ibis.Schema], there: frozenset[str], rules: Rules, *, contract: bool
    ) -> None:
        """Plan for tables of these ``shapes``."""
        self._turn = Lock()
        self._ibis = ibis.duckdb.connect(autoinstall_known_extensions=False)
        self._connection = self._ibis.con
        self._connection.execute(f"SET threads = 1; SET disabled_optimizers = '{NO_STATISTICS}'")
        for name, shape in shapes.items():
            self._ibis.create_table(name, schema=shape)
        for name, rows in population(()).items():
            self._ibis.create_table(name, rows)
        within_days = cancelled_within(rules)
        rows = query_of(self._ibis, _as_unsettled, {"transactions": "transactions"}, within_days=within_days)
        self._connection.execute(f"CREATE TABLE unsettled_rows AS {rows} LIMIT 0")
        as_they_are = query_of(self._ibis, _as_they_are, {"transactions": "transactions"})
        days = query_of(self._ibis, unsettled_days, {name: name for name in ("unsettled_rows", "moments")})
        self._connection.execute(f"CREATE TABLE unsettled_days AS {days} LIMIT 0")
        nobody = {"transactions": "transactions", "unsettled": "nobody"}
        self._ibis.create_table("nobody", schema={"customer_id": "string", "unsettled": "boolean"})
        for build in (settled_days, settled_lines):
            self._connection.execute(
                f"CREATE TABLE {build.__name__} AS {query_of(self._ibis, build, nobody)} LIMIT 0"
            )
        self._ibis.drop_table("nobody")
        names = {name: name for name in self._ibis.list_tables()}
        self._columns = {name: list(self._ibis.table(name).columns) for name in names}
        told = query_of(self._ibis, behaviour, names, there=there, contract=contract)
        plans = {
            "unsettled_rows": f"INSERT INTO unsettled_rows BY NAME {rows}",
            "nothing_given_back": f"INSERT INTO unsettled_rows BY NAME {as_they_are}",
            "unsettled_days": f"INSERT INTO unsettled_days BY NAME {days}",
            "behaviour": f"{told} ORDER BY customer_id",
        }
        for name, plan in plans.items():  # last: a plan that is older than a table is made anew each time
            self._connection.execute(f"PREPARE {name} AS {_without_filters(plan)}")

    @classmethod
    def like(cls, tables: Tables) -> Self:
        """Return the plans for rows such as ``tables`` hold."""
        rows = {"transactions": tables.transactions, **tables.optional}
        shapes = {name: table.schema() for name, table in rows.items()}
        return cls(shapes, tables.there, tables.rules, contract=bool(tables.contract))

    def at(self, as_of: date, reference: Reference, rows: Mapping[str, pa.Table]) -> pa.Table:
        """Return the behaviour table at ``as_of`` of the customers in ``rows``, their whole history.

        ``rows`` are contract tables as accepted, by name; one that is left out has none. ``reference`` is the
        population that they are held against. Nothing of it stays. Raises ``KeyError`` for a table that was
        not planned for, and for a column that lacks.
        """
        given = {**rows, **population([replace(reference, as_of=as_of)])}
        with self._turn:
            try:
                for name, few in given.items():
                    self._connection.from_arrow(few.select(self._columns[name])).insert_into(name)
                plan = "unsettled_rows" if _gives_back(rows) else "nothing_given_back"
                self._connection.execute(f"EXECUTE {plan}")
                self._connection.execute("EXECUTE unsettled_days")
                return self._connection.execute("EXECUTE behaviour").to_arrow_table()
            finally:
                for name in (*given, "unsettled_rows", "unsettled_days"):
                    self._connection.execute(f"DELETE FROM {name}")


def _as_unsettled(transactions: ir.Table, within_days: int) -> ir.Table:
    return with_cancellations(dated(transactions), within_days)


def _as_they_are(transactions: ir.Table) -> ir.Table:
    return without_cancellations(dated(transactions))


def _without_filters(query: str) -> str:
    """Return a DuckDB ``query`` whose sums, counts, least and greatest look at a CASE, not through a FILTER.

    The same numbers: all of them pass over nulls. To start, a FILTER takes DuckDB four times as long, which
    is most of the time that an aggregate of a few rows takes; over many rows it is the faster of the two.
    """
    tree = sg.parse_one(query, read="duckdb")
    for filtered in list(tree.find_all(sge.Filter)):
        aggregate, condition = filtered.this, filtered.expression.this
        plain = isinstance(aggregate, sge.Count | sge.Sum | sge.Min | sge.Max)
        if plain and not isinstance(aggregate.this, sge.Distinct):
            counted = sge.Literal.number(1) if isinstance(aggregate.this, sge.Star) else aggregate.this
            seen = sge.Case(ifs=[sge.If(this=condition.copy(), true=counted.copy())])
            filtered.replace(type(aggregate)(this=seen))
    return tree.sql("duckdb")


def _gives_back(rows: Mapping[str, pa.Table]) -> bool:
    """Return whether any row is a return: without one no order was cancelled, and none is looked for."""
    transactions = rows.get("transactions")
    if transactions is None:
        return False
    given_back = pc.or_kleene(pc.less(transactions["amount"], 0), transactions["is_return"])
    return bool(pc.any(given_back).as_py())
