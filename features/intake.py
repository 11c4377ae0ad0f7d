"""Rows in hand held to the contract by the rules that files are held to, planned once.

A file is looked at as a whole to learn how it writes its dates and decimals; of a few rows nothing is
guessed: dates are ISO 8601 or begin with the year, and a comma groups thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import sqlglot as sg

from features.billing import billed
from features.conform import Conventions, conformed
from features.consistency import clashing_rows
from features.contract import CONTRACT, Kind, TableContract
from features.currency import is_foreign
from features.engine import UNBOUND, compiled
from features.errors import RowsRefusedError
from features.online import NO_STATISTICS
from features.reading import with_days
from features.tables import Rules, rows_known

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
        """Plan for every table of the contract, whether the layout has it or not."""
        self._turn = Lock()
        self._billed = layout.billed
        self._ibis = ibis.duckdb.connect(autoinstall_known_extensions=False)
        self._connection = self._ibis.con
        self._connection.execute(f"SET threads = 1; SET disabled_optimizers = '{NO_STATISTICS}'")
        self._columns = {name: [column.name for column in it.columns] for name, it in CONTRACT.items()}
        self._columns[CUSTOMERS.name] += attributes
        plans: dict[str, str] = {}
        for name, columns in self._columns.items():
            self._table(name + TEXTS, ibis.schema({"source_row": "int64", **dict.fromkeys(columns, "string")}))
            of = {"table": name, "zone": zone, "currency": currency}
            read = self._query(_as_read, {"texts": name + TEXTS}, **of)
            self._connection.execute(f"CREATE TABLE {_quoted(name + JUDGED)} AS {read} LIMIT 0")
            plans[f"read {name}"] = f"INSERT INTO {_quoted(name + JUDGED)} BY NAME {read}"
            of = {"table": name, "rules": layout.rules}
            plans[f"refused {name}"] = self._query(_refused, {"judged": name + JUDGED}, **of)
        self._table("moment", ibis.schema({"as_of": "date"}))
        known = {"customers": CUSTOMERS.name + JUDGED, "moment": "moment"}
        plans["known"] = self._query(_known_customers, known)
        for name, plan in plans.items():  # last: a plan that is older than a table would be made anew
            self._connection.execute(f"PREPARE {_quoted(name)} AS {plan}")
        self.shapes = {
            name: self._ibis.table(name + JUDGED).drop("reason").schema() for name in layout.tables
        }

    def accepted(self, rows: Rows, as_of: date) -> tuple[dict[str, pa.Table], pa.Table]:
        """Return the rows as accepted, by contract table, and those of the customers known at ``as_of``.

        Where the layout is ``billed``, the transactions are the bills of the subscriptions. Raises
        ``RowsRefusedError`` where any row breaks the contract, and `KeyError` for a table outside of it.
        """
        with self._turn:
            try:
                refused = [one for name, few in rows.items() if few for one in self._refusals(name, few)]
                if refused:
                    raise RowsRefusedError(refused)
                tables = {name: self._judged(name) for name, few in rows.items() if few}
                if self._billed and rows.get("subscriptions"):
                    bills = billed(self._ibis.table("subscriptions" + JUDGED), as_of)
                    tables["transactions"] = bills.to_pyarrow()
                self._insert("moment", pa.table({"as_of": pa.array([as_of], pa.date32())}))
                return tables, self._connection.execute("EXECUTE known").to_arrow_table()
            finally:
                for name in ("moment", *(name + part for name in rows for part in (TEXTS, JUDGED))):
                    self._connection.execute(f"DELETE FROM {_quoted(name)}")

    def _refusals(self, name: str, few: Sequence[Mapping[str, str | None]]) -> list[Refusal]:
        columns = self._columns[name]
        texts = {column: pa.array([row.get(column) for row in few], pa.string()) for column in columns}
        self._insert(name + TEXTS, pa.table({"source_row": pa.array(range(len(few)), pa.int64()), **texts}))
        self._connection.execute(f"EXECUTE {_quoted(f'read {name}')}")
        refused = self._connection.execute(f"EXECUTE {_quoted(f'refused {name}')}").fetchall()
        return [Refusal(name, row, reason) for row, reason in sorted(refused)]

    def _judged(self, name: str) -> pa.Table:
        columns = f"SELECT * EXCLUDE (reason) FROM {_quoted(name + JUDGED)}"
        return self._connection.execute(columns).to_arrow_table()

    def _insert(self, name: str, rows: pa.Table) -> None:
        self._connection.from_arrow(rows).insert_into(name)

    def _table(self, name: str, shape: ibis.Schema) -> None:
        self._ibis.create_table(name, schema=shape)

    def _query(self, build: Callable[..., ir.Table], names: Mapping[str, str], **settings: Hashable) -> str:
        shapes = {relation: self._ibis.table(name).schema() for relation, name in names.items()}
        query = compiled(build, settings, shapes, self._ibis.name)
        for relation, name in names.items():
            query = query.replace(_quoted(UNBOUND + relation), _quoted(name))
        return query


def _as_read(texts: ir.Table, table: str, zone: str, currency: str) -> ir.Table:
    contract = CONTRACT[table]
    foreign = is_foreign(texts, currency)
    return with_days(conformed(texts, contract, _nothing_guessed(contract), zone, foreign), contract)


def _nothing_guessed(contract: TableContract) -> Conventions:
    kinds = {column.name: column.kind for column in contract.columns}
    return Conventions(
        day_first={name: None for name, kind in kinds.items() if kind is Kind.TIME},
        decimal_commas={name: False for name, kind in kinds.items() if kind in {Kind.NUMBER, Kind.MEASURE}},
    )


def _refused(judged: ir.Table, table: str, rules: Rules) -> ir.Table:
    faulty = judged.filter(judged.reason.notnull()).select("source_row", "reason")
    sound = judged.filter(judged.reason.isnull()).drop("reason")
    clashes = clashing_rows(sound, CONTRACT[table], rules)
    return faulty if clashes is None else faulty.union(clashes)


def _known_customers(customers: ir.Table, moment: ir.Table) -> ir.Table:
    rows = customers.drop("reason").cross_join(moment)
    return rows_known(rows, CUSTOMERS, rows.as_of).drop("as_of")


def _quoted(name: str) -> str:
    return sg.to_identifier(name, quoted=True).sql("duckdb")
