"""The tables that fulfil the contract once they have been read, and what was known of them at a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal, cast

import ibis
from ibis.backends.duckdb import Backend
from ibis.expr.types import DateValue

from features.contract import CONTRACT, TableContract, day_of

__all__ = ["DataConfig", "Engine", "Labelled", "ReadReport", "Rules", "Source", "Tables", "rows_known"]


@dataclass(frozen=True)
class Labelled:
    """A table of subscribers without dates: how it stood on the day ``taken_on``, and who left just then.

    ``tenure_months`` and ``churned`` name the file's columns: the whole months that each has stayed, and
    whether they left at the end of the last of them (yes/no, true/false, 1/0).
    """

    taken_on: date
    tenure_months: str
    churned: str


@dataclass(frozen=True)
class Source:
    """Where one table of the contract comes from.

    ``location`` is the path of a CSV, Parquet or DuckDB file, or the URL of a Postgres database without its
    password; in a database, ``table`` or ``query`` says what is read ("shop.duckdb::orders" will do, too).
    A URL that is still to come from the environment is "$" and the variable's name.

    ``columns`` maps contract columns to the user's; a contract column that is not mapped is looked up under
    its own name. ``constants`` gives contract columns the same value in every row: a file of reviews is all
    of one kind of survey. ``labelled`` tells subscriptions without dates apart.
    """

    location: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    table: str = ""
    query: str = ""
    password: str = field(default="", repr=False)
    labelled: Labelled | None = None

    @property
    def name(self) -> str:
        """What it goes by; no secret is in it."""
        return f"{self.location}::{self.table}" if self.table else self.location


@dataclass(frozen=True)
class Rules:
    """What of the accepted rows is to be kept.

    ``keep_repeated_lines``: transactions that say the same as an earlier one stay; else they are refused.
    ``cancelled_orders``: a sale and its mirror refund within ``cancelled_within_days`` are no purchase
    ("drop"), or a purchase and a refund like any other ("keep").
    """

    keep_repeated_lines: bool = True
    cancelled_orders: Literal["drop", "keep"] = "drop"
    cancelled_within_days: int = 30


@dataclass(frozen=True)
class Engine:
    """What runs the expressions: "duckdb" in this process, or a warehouse where the tables stay.

    For "spark", ``master`` and ``settings`` are those of its session, as Spark is configured unless set.
    """

    kind: Literal["duckdb", "spark", "postgres"] = "duckdb"
    master: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DataConfig:
    """What to read, and the business it belongs to.

    ``zone`` is an IANA name (UTC if unset, and the report says so); ``currency`` an ISO 4217 code (the
    data's own if unset and single, else "XXX"), and ``rates`` what one unit of other currencies is worth in
    it. More than ``refused_share_limit`` of the rows of a table
    refused stops the reading. ``contract``: whether to leave is to end a subscription; None: where there are
    no transactions.
    """

    sources: Mapping[str, Source]
    zone: str | None = None
    currency: str | None = None
    refused_share_limit: float = 0.10
    rules: Rules = field(default_factory=Rules)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    engine: Engine = field(default_factory=Engine)
    contract: bool | None = None


@dataclass(frozen=True)
class ReadReport:
    """What became of the rows of one table: ``read`` = ``accepted`` + ``refused``, exactly.

    ``repeated`` counts the accepted rows that say the same as an earlier one (real invoices repeat lines:
    they are kept). ``columns`` maps the contract columns that were found to the user's, ``attributes`` the
    further columns that were kept; the days are local, ends included.
    """

    table: str
    location: str
    read: int
    accepted: int
    refused_by_reason: Mapping[str, int]
    repeated: int
    first_day: date | None
    last_day: date | None
    columns: Mapping[str, str]
    notes: tuple[str, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """Rows in the quarantine."""
        return sum(self.refused_by_reason.values())


@dataclass(frozen=True)
class Tables:
    """The contract tables as accepted, what was refused, and the report on both.

    ``transactions`` has source_row, customer_id, timestamp (local wall time), day (local), known_day
    (null where known_at is absent), amount, margin, is_return (false where absent), order_id, line_id,
    product_id, category, quantity, unit_price, discount, channel. ``quarantine`` has table, source_row
    (1-based data row), reason, detail (the column), row (the refused values as JSON), over all tables.
    ``optional`` holds the other tables that are there, by name: source_row, the columns of the contract (null
    where the file has none; times as local wall time), beside each time its local day (`day_of`), and the
    file's further columns as text where the contract keeps them (`ReadReport.attributes`).

    ``rates``: what one unit of other currencies was read as, in ``currency``.
    ``contract``: to leave is to end a subscription, and who has none running is no customer. ``billed``: the
    transactions are the subscriptions' own bills. ``ends``: the last day that the subscriptions tell of.
    """

    connection: Backend
    transactions: ibis.Table
    quarantine: ibis.Table
    reports: Mapping[str, ReadReport]
    zone: str
    currency: str
    has_margin: bool
    optional: Mapping[str, ibis.Table] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    contract: bool = False
    billed: bool = False
    ends: date | None = None

    @property
    def basis(self) -> str:
        """The table of the data that tells who leaves: the transactions, or the subscriptions alone."""
        return "subscriptions" if self.billed else "transactions"

    @property
    def there(self) -> frozenset[str]:
        """What the data has, as `Feature.needs` names it: "surveys", "surveys.score" and so on."""
        columns = (f"{name}.{column}" for name, report in self.reports.items() for column in report.columns)
        return frozenset((*self.reports, *columns))

    def history(self, as_of: date) -> ibis.Table:
        """Return the transactions that had happened and were known at the end of the local day ``as_of``."""
        rows = self.transactions
        known = rows.known_day.isnull() | (rows.known_day <= as_of)
        return rows.filter((rows.day <= as_of) & known)

    def known(self, name: str, as_of: date) -> ibis.Table | None:
        """Return the rows of an optional table as they were known at the end of ``as_of``; None without it.

        A row is there once it has happened and has reached the business. What is told later
        (`Column.told_by`) is null until then.
        """
        return self.optional[name].pipe(rows_known, CONTRACT[name], as_of) if name in self.optional else None

    def after(self, as_of: date) -> int:
        """Count the accepted rows of the `basis` that ``as_of`` hides."""
        known = self.known(self.basis, as_of) if self.billed else self.history(as_of)
        return self.reports[self.basis].accepted - int(cast("ibis.Table", known).count().execute())

    def first_day(self, as_of: date) -> date | None:
        """Return the first local day of the history at ``as_of``, or None where there is none."""
        return self._day(self.history(as_of).day.min())

    def last_day(self, as_of: date) -> date | None:
        """Return the last local day of the history at ``as_of``, or None where there is none.

        Between the bills of a contract, nothing is something that was seen.
        """
        last = self._day(self.history(as_of).day.max())
        if self.ends is None or last is None:
            return last
        return min(self.ends, as_of) if self.billed else max(last, min(self.ends, as_of))

    def _day(self, day: ibis.expr.types.Scalar) -> date | None:
        return cast("date | None", day.to_pyarrow().as_py())


def rows_known(rows: ibis.Table, contract: TableContract, as_of: date | DateValue) -> ibis.Table:
    """Return the ``rows`` of a contract table that were known at the end of ``as_of``, as they were known.

    ``as_of`` may be a column of theirs.
    """
    happened, reached = rows[day_of(contract.time)], rows.known_day
    within = (happened.isnull() | (happened <= as_of)) & (reached.isnull() | (reached <= as_of))
    later = {column.name: column.told_by for column in contract.columns if column.told_by}
    later |= {day_of(name): told_by for name, told_by in later.items() if day_of(name) in rows.columns}
    return rows.filter(within).mutate(
        **{name: (rows[day_of(told_by)] <= as_of).ifelse(rows[name], None) for name, told_by in later.items()}
    )
