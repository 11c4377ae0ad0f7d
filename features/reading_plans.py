"""Plans for reading a few rows of one contract table, each for the columns that the rows say something in.

To start a plan takes DuckDB longer than to read the rows, and the longer the more columns it has: what no row
says costs nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from features.compiling import query_of
from features.contract import Kind, TableContract
from features.reading import judged, refusals

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from features.tables import Rules

__all__ = ["MOST_PLANS", "ReadingPlans", "Row"]

Row = Mapping[str, str | None]
MOST_PLANS = 16
"""To make one takes a tenth of a second. Other columns are then read by the narrowest plan that has them."""


@dataclass(frozen=True)
class Plan:
    """The names of two prepared statements: one reads the texts, the other tells what is refused."""

    columns: frozenset[str]
    read: str
    refused: str


class ReadingPlans:
    """The plans of a table, on a connection that keeps the rows of one question at a time.

    ``judged`` names the table that holds the rows once they are read, with the ``reason`` to refuse them;
    ``columns`` are all that can be said. ``terms`` are those of `features.reading.judged`.
    """

    def __init__(
        self,
        connection: Backend,
        contract: TableContract,
        columns: Sequence[str],
        terms: Mapping[str, Hashable],
        rules: Rules,
    ) -> None:
        """Make room for the rows; the plans come when all tables of the connection stand."""
        self.columns = columns
        self.judged, self._texts = f"{contract.name}_judged", f"{contract.name}_texts"
        self._ibis, self._contract, self._rules = connection, contract, rules
        self._terms: dict[str, Hashable] = {"contract": contract, **terms}
        self._plans: list[Plan] = []
        connection.create_table(
            self._texts, schema=ibis.schema({"source_row": "int64", **dict.fromkeys(columns, "string")})
        )
        connection.con.execute(f"CREATE TABLE {self.judged} AS {self._reading(columns)} LIMIT 0")

    def plan(self, columns: Sequence[str]) -> Plan:
        """Return a new plan, for rows that say nothing but in ``columns``."""
        number = len(self._plans)
        plan = Plan(frozenset(columns), f"read_{self.judged}_{number}", f"refused_{self.judged}_{number}")
        refused = query_of(
            self._ibis,
            _refusals_of,
            {"rows": self.judged},
            contract=self._contract,
            rules=self._rules,
            said=tuple(columns),
        )
        reading = f"INSERT INTO {self.judged} BY NAME {self._reading(columns)}"
        for name, query in ((plan.read, reading), (plan.refused, refused)):
            self._ibis.con.execute(f"PREPARE {name} AS {query}")
        self._plans.append(plan)
        return plan

    def plan_for(self, rows: Sequence[Row]) -> Plan:
        """Return the plan that reads these rows soonest."""
        told = {column for row in rows for column, text in row.items() if text is not None}
        columns = [name for name in self.columns if name in told or name in self._contract.required]
        enough = [plan for plan in self._plans if plan.columns.issuperset(columns)]
        narrowest = min(enough, key=lambda plan: len(plan.columns))
        if len(narrowest.columns) == len(columns) or len(self._plans) == MOST_PLANS:
            return narrowest
        return self.plan(columns)

    def refused(self, plan: Plan, rows: Sequence[Row]) -> list[tuple[int, str]]:
        """Read the rows into ``judged``; return the place, from 0, and the reason of each that is refused."""
        nothing = pa.nulls(len(rows), pa.string())
        texts = {
            name: pa.array([row.get(name) for row in rows], pa.string()) if name in plan.columns else nothing
            for name in self.columns
        }
        numbered = pa.table({"source_row": pa.array(range(len(rows)), pa.int64()), **texts})
        connection = self._ibis.con
        connection.from_arrow(numbered).insert_into(self._texts)
        connection.execute(f"EXECUTE {plan.read}")
        return sorted(connection.execute(f"EXECUTE {plan.refused}").fetchall())

    def _reading(self, columns: Sequence[str]) -> str:
        return query_of(self._ibis, _judged_of, {"texts": self._texts}, said=tuple(columns), **self._terms)


def _judged_of(texts: ir.Table, said: Sequence[str], **terms: object) -> ir.Table:
    """Return the rows as `judged`, of ``texts`` that are null but in the columns ``said``."""
    return judged(texts.select("source_row", *said), **terms)  # type: ignore[arg-type]


def _refusals_of(rows: ir.Table, contract: TableContract, rules: Rules, said: Sequence[str]) -> ir.Table:
    """Return the `refusals` among ``rows``, in which no id is told but those ``said``."""
    ids = {column.name for column in contract.columns if column.kind is Kind.ID}
    return refusals(rows.drop(*ids.difference(said)), contract, rules)
