"""The behaviour of a few customers from rows in hand, for scoring while somebody waits.

The expressions are those of `features.table`, compiled and planned once, in a DuckDB of their own; so a
customer asked for alone equals the same customer in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Self

import ibis
import pyarrow.compute as pc
import sqlglot as sg
import sqlglot.expressions as sge

from features.behaviour.past import Step, days_of, steps
from features.behaviour.population import population
from features.engine import query_of
from features.table import behaviour

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import pyarrow as pa

    from features.reference import Reference
    from features.tables import Rules, Tables

__all__ = ["NO_STATISTICS", "OnlineBehaviour", "forgetting"]

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
        days = Step("unsettled_days", days_of, ("parts", "moments"))
        plans = {step.name: self._room(step) for step in (*steps(rules), days)}
        names = {name: name for name in self._ibis.list_tables()}
        self._columns = {name: list(self._ibis.table(name).columns) for name in (*shapes, *population(()))}
        told = query_of(self._ibis, behaviour, names, there=there, contract=contract)
        plans["behaviour"] = f"{told} ORDER BY customer_id"
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
        told = population([replace(reference, as_of=as_of)])
        with self._turn, forgetting(self._connection):
            for name, given in rows.items():
                asked = given.select(self._columns[name])
                if asked.num_rows:
                    self._connection.from_arrow(asked).insert_into(name)
            for name, few in told.items():
                self._insert_few(name, few.select(self._columns[name]))
            if _gives_back(rows):
                self._look_for_cancellations()
            for step in ("parts", "unsettled_days"):
                self._connection.execute(f"EXECUTE {step}")
            return self._connection.execute("EXECUTE behaviour").to_arrow_table()

    def _insert_few(self, name: str, rows: pa.Table) -> None:
        """Insert as values, which for a row or some takes DuckDB a third of what a scan of Arrow does."""
        values = [value for row in rows.to_pylist() for value in row.values()]
        if values:
            row = f"({', '.join('?' * rows.num_columns)})"
            self._connection.execute(f"INSERT INTO {name} VALUES {', '.join([row] * rows.num_rows)}", values)

    def _look_for_cancellations(self) -> None:
        for step in ("refunds", "mirrored", "orders"):
            self._connection.execute(f"EXECUTE {step}")
        if self._connection.execute("SELECT 1 FROM orders LIMIT 1").fetchone():
            for step in ("goods", "paired", "void"):
                self._connection.execute(f"EXECUTE {step}")

    def _room(self, step: Step) -> str:
        """Make room for the table that a step makes, and return how it is put there."""
        query = query_of(self._ibis, step.build, {name: name for name in step.of}, **step.settings)
        self._connection.execute(f"CREATE TABLE {step.name} AS {query} LIMIT 0")
        return f"INSERT INTO {step.name} BY NAME {query}"


@contextmanager
def forgetting(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Undo at the end whatever the block does to the tables.

    DuckDB keeps rows that are deleted, and passes over them each time: asked often, it would get slower.
    """
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


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
