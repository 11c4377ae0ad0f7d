"""Rows in hand held to the contract by the rules that files are held to, planned once.

A file is looked at as a whole to learn how it writes its dates and decimals; of a few rows nothing is
guessed: dates are ISO 8601 or begin with the year, and a comma groups thousands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from features.billing import billed
from features.compiling import query_of
from features.conform import Conventions
from features.contract import CONTRACT
from features.errors import RowsRefusedError
from features.online import NO_STATISTICS, forgetting
from features.reading_plans import ReadingPlans, Row
from features.tables import rows_known

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from features.layout import Layout

__all__ = ["Intake", "Refusal", "Rows"]

Rows = Mapping[str, Sequence[Row]]
"""Texts by column, row by row, of each contract table; a column that is left out says nothing."""

CUSTOMERS = CONTRACT["customers"]


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
        rates = tuple((code, Decimal(rate)) for code, rate in layout.rates)
        terms = {"conventions": Conventions(), "zone": zone, "currency": currency, "rates": rates}
        self._plans = {}
        for name in layout.tables:
            columns = [column.name for column in CONTRACT[name].columns]
            columns += attributes if CONTRACT[name].extras else []
            self._plans[name] = ReadingPlans(self._ibis, CONTRACT[name], columns, terms, layout.rules)
        if CUSTOMERS.name in layout.tables:
            self._ibis.create_table("moment", schema={"as_of": "date"})
            known = {"customers": self._plans[CUSTOMERS.name].judged, "moment": "moment"}
            told = query_of(self._ibis, _known_customers, known)
            self._connection.execute(f"PREPARE known_customers AS {told}")
        for plans in self._plans.values():  # last: a plan that is older than a table is made anew each time
            plans.plan(plans.columns)
        self.shapes = {
            name: self._ibis.table(plans.judged).drop("reason").schema()
            for name, plans in self._plans.items()
        }

    def accepted(self, rows: Rows, as_of: date) -> dict[str, pa.Table]:
        """Return the rows as accepted, by contract table, all of them however late.

        Among the customers, only those are left that are known at ``as_of``. Where the layout is ``billed``,
        the transactions are the bills of the subscriptions. Raises ``RowsRefusedError`` where any row breaks
        the contract, and `KeyError` for a table that the layout does not have.
        """
        given = {name: few for name, few in rows.items() if few}
        with self._turn:
            plans = {name: self._plans[name].plan_for(few) for name, few in given.items()}
            with forgetting(self._connection):
                refused = [
                    Refusal(name, row, reason)
                    for name, few in given.items()
                    for row, reason in self._plans[name].refused(plans[name], few)
                ]
                if refused:
                    raise RowsRefusedError(refused)
                return self._accepted(list(given), as_of)

    def _accepted(self, given: Sequence[str], as_of: date) -> dict[str, pa.Table]:
        judged = {name: self._plans[name].judged for name in given}
        tables = {
            name: self._connection.execute(f"SELECT * EXCLUDE (reason) FROM {rows}").to_arrow_table()
            for name, rows in judged.items()
        }
        if self._billed and "subscriptions" in judged:
            bills = billed(self._ibis.table(judged["subscriptions"]), as_of)
            tables["transactions"] = bills.to_pyarrow()
        if CUSTOMERS.name in judged:
            self._connection.execute("INSERT INTO moment VALUES (?)", [as_of])
            tables[CUSTOMERS.name] = self._connection.execute("EXECUTE known_customers").to_arrow_table()
        return tables


def _known_customers(customers: ir.Table, moment: ir.Table) -> ir.Table:
    rows = customers.drop("reason").cross_join(moment)
    return rows_known(rows, CUSTOMERS, rows.as_of).drop("as_of")
