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
import numpy as np
import pandas as pd
import pyarrow.compute as pc

from features.behaviour.past import Step, day_parts, days_of, steps
from features.behaviour.population import population
from features.catalogue import CATALOGUE
from features.compiling import query_of
from features.table import behaviour

if TYPE_CHECKING:
    from datetime import date

    import duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

    from features.reference import Reference
    from features.tables import Rules, Tables

__all__ = ["NO_STATISTICS", "OnlineBehaviour", "forgetting"]

FEATURES = [feature.name for feature in CATALOGUE]
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
        plans = {step.name: self._room(step) for step in steps(rules) if step.name != "parts"}
        self._search = list(plans)
        names = {name: name for name in self._ibis.list_tables()}
        self._columns = {name: list(self._ibis.table(name).columns) for name in (*shapes, *population(()))}
        plans["behaviour"] = _in_one_block(
            query_of(self._ibis, behaviour_in_hand, names, there=there, contract=contract)
        )
        for name, plan in plans.items():  # last: a plan that is older than a table is made anew each time
            self._connection.execute(f"PREPARE {name} AS {plan}")

    @classmethod
    def like(cls, tables: Tables) -> Self:
        """Return the plans for rows such as ``tables`` hold."""
        rows = {"transactions": tables.transactions, **tables.optional}
        shapes = {name: table.schema() for name, table in rows.items()}
        return cls(shapes, tables.there, tables.rules, contract=bool(tables.contract))

    def at(self, as_of: date, reference: Reference, rows: Mapping[str, pa.Table]) -> pd.DataFrame:
        """Return the behaviour table at ``as_of`` of the customers in ``rows``, their whole history.

        As models take it: the features as float64, in one block. ``rows`` are contract tables as accepted, by
        name; one that is left out has none. ``reference`` is the population that they are held against.
        Nothing of it stays. Raises ``KeyError`` for a table that was not planned for, and for a column that
        lacks.
        """
        few = population([replace(reference, as_of=as_of)])
        with self._turn, forgetting(self._connection):
            for name, given in rows.items():
                asked = given.select(self._columns[name])
                if asked.num_rows:
                    self._connection.from_arrow(asked).insert_into(name)
            for name, its in few.items():
                self._insert_few(name, its.select(self._columns[name]))
            if _gives_back(rows):
                self._look_for_cancellations()
            told = self._connection.execute("EXECUTE behaviour").to_arrow_table()
        features = told["features"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        frame = pd.DataFrame(features.reshape(len(told), len(FEATURES)), columns=FEATURES)
        frame.insert(0, "customer_id", told["customer_id"].to_numpy())
        frame.insert(1, "as_of", np.full(len(told), np.datetime64(as_of, "us")))
        return frame

    def _insert_few(self, name: str, rows: pa.Table) -> None:
        """Insert as values, which for a row or some takes DuckDB a third of what a scan of Arrow does."""
        values = [value for row in rows.to_pylist() for value in row.values()]
        if values:
            row = f"({', '.join('?' * rows.num_columns)})"
            self._connection.execute(f"INSERT INTO {name} VALUES {', '.join([row] * rows.num_rows)}", values)

    def _look_for_cancellations(self) -> None:
        """Fill the tables of the search in turn, until one stays empty: so would those after it."""
        for step in self._search:
            counted = self._connection.execute(f"EXECUTE {step}").fetchone()
            if counted is None or not counted[0]:
                return

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


def behaviour_in_hand(*, there: frozenset[str], contract: bool, **relations: ir.Table) -> ir.Table:
    """Return `behaviour`; the days are summed in the same plan, as another would take longer to start."""
    parts = day_parts(relations["transactions"], relations["void"])
    days = days_of(parts, relations["moments"])
    return behaviour(there=there, contract=contract, unsettled_days=days, **relations)


def _in_one_block(query: str) -> str:
    """Return (customer_id, features) of a behaviour table: a list of floats becomes Arrow soonest."""
    features = ", ".join(f'"{name}"::DOUBLE' for name in FEATURES)
    return f"SELECT customer_id, [{features}] AS features FROM ({query}) ORDER BY customer_id"


def _gives_back(rows: Mapping[str, pa.Table]) -> bool:
    """Return whether any row is a return: without one no order was cancelled, and none is looked for."""
    transactions = rows.get("transactions")
    if transactions is None:
        return False
    given_back = pc.or_kleene(pc.less(transactions["amount"], 0), transactions["is_return"])
    return bool(pc.any(given_back).as_py())
