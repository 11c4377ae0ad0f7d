"""Rows in hand held to the contract by the rules that files are held to, planned once.

A file is looked at as a whole to learn how it writes its dates and decimals; of a few rows nothing is
guessed: dates are ISO 8601 or begin with the year, and a comma groups thousands.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from features.billing import billed
from features.conform import Conventions
from features.contract import CONTRACT
from features.engine import query_of
from features.errors import RowsRefusedError
from features.online import NO_STATISTICS, forgetting
from features.reading import judged, refusals
from features.tables import rows_known

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from features.layout import Layout

__all__ = ["Intake", "Refusal", "Rows"]

Rows = Mapping[str, Sequence[Mapping[str, str | None]]]
"""Texts by column, row by row, of each contract table; a column that is left out says nothing."""

CUSTOMERS = CONTRACT["customers"]
TEXTS, JUDGED = "_texts", "_judged"


@dataclass(frozen=True)
class Refusal:
    """A row that breaks the contract: the place in its table, from 0, and the reason, as in a quarantine."""

    table: str
    row: int
    reason: str


class Intake:
    """Plans that are asked again and again; threads take turns. Nothing of what is asked stays.

    ``zone`` and ``currency`` are those of the business; ``attributes`` names the further columns of the
    customers' table that are kept. ``shapes``: the schemas of the layout's tables, as accepted.
    """

    def __init__(self, layout: Layout, zone: str, currency: str, attributes: Sequence[str] = ()) -> None:
        """Plan for the tables of the layout."""
        self._turn = Lock()
        self._billed = layout.billed
        self._ibis = ibis.duckdb.connect(autoinstall_known_extensions=False)
        self._connection = self._ibis.con
        self._connection.execute(f"SET threads = 1; SET disabled_optimizers = '{NO_STATISTICS}'")
        self._columns = {
            name: [column.name for column in CONTRACT[name].columns]
            + (list(attributes) if CONTRACT[name].extras else [])
            for name in layout.tables
        }
        rates = tuple((code, Decimal(rate)) for code, rate in layout.rates)
        terms = {"conventions": Conventions(), "zone": zone, "currency": currency, "rates": rates}
        plans: dict[str, str] = {}
        for name, columns in self._columns.items():
            texts = ibis.schema({"source_row": "int64", **dict.fromkeys(columns, "string")})
            self._ibis.create_table(name + TEXTS, schema=texts)
            its: dict[str, Hashable] = {"contract": CONTRACT[name]}
            read = query_of(self._ibis, judged, {"texts": name + TEXTS}, **its, **terms)
            self._connection.execute(f"CREATE TABLE {name + JUDGED} AS {read} LIMIT 0")
            plans[f"read_{name}"] = f"INSERT INTO {name + JUDGED} BY NAME {read}"
            plans[f"refused_{name}"] = query_of(
                self._ibis, refusals, {"rows": name + JUDGED}, **its, rules=layout.rules
            )
        if CUSTOMERS.name in layout.tables:
            self._ibis.create_table("moment", schema={"as_of": "date"})
            known = {"customers": CUSTOMERS.name + JUDGED, "moment": "moment"}
            plans["known_customers"] = query_of(self._ibis, _known_customers, known)
        for name, plan in plans.items():  # last: a plan that is older than a table is made anew each time
            self._connection.execute(f"PREPARE {name} AS {plan}")
        self.shapes = {
            name: self._ibis.table(name + JUDGED).drop("reason").schema() for name in layout.tables
        }

    def accepted(self, rows: Rows, as_of: date) -> dict[str, pa.Table]:
        """Return the rows as accepted, by contract table, all of them however late.

        Among the customers, only those are left that are known at ``as_of``. Where the layout is ``billed``,
        the transactions are the bills of the subscriptions. Raises ``RowsRefusedError`` where any row breaks
        the contract, and `KeyError` for a table that the layout does not have.
        """
        given = {name: few for name, few in rows.items() if few}
        with self._turn, forgetting(self._connection):
            refused = [one for name, few in given.items() for one in self._refusals(name, few)]
            if refused:
                raise RowsRefusedError(refused)
            return self._accepted(given, as_of)

    def _accepted(self, given: Rows, as_of: date) -> dict[str, pa.Table]:
        tables = {name: self._judged(name) for name in given}
        if self._billed and "subscriptions" in given:
            tables["transactions"] = billed(self._ibis.table("subscriptions" + JUDGED), as_of).to_pyarrow()
        if CUSTOMERS.name in given:
            self._insert("moment", pa.table({"as_of": pa.array([as_of], pa.date32())}))
            tables[CUSTOMERS.name] = self._connection.execute("EXECUTE known_customers").to_arrow_table()
        return tables

    def _refusals(self, name: str, few: Sequence[Mapping[str, str | None]]) -> list[Refusal]:
        columns = self._columns[name]
        texts = {column: pa.array([row.get(column) for row in few], pa.string()) for column in columns}
        self._insert(name + TEXTS, pa.table({"source_row": pa.array(range(len(few)), pa.int64()), **texts}))
        self._connection.execute(f"EXECUTE read_{name}")
        refused = self._connection.execute(f"EXECUTE refused_{name}").fetchall()
        return [Refusal(name, row, reason) for row, reason in sorted(refused)]

    def _judged(self, name: str) -> pa.Table:
        return self._connection.execute(f"SELECT * EXCLUDE (reason) FROM {name + JUDGED}").to_arrow_table()

    def _insert(self, name: str, rows: pa.Table) -> None:
        self._connection.from_arrow(rows).insert_into(name)


def _known_customers(customers: ir.Table, moment: ir.Table) -> ir.Table:
    rows = customers.drop("reason").cross_join(moment)
    return rows_known(rows, CUSTOMERS, rows.as_of).drop("as_of")
