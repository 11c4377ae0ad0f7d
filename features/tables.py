"""The data contract, and the tables that fulfil it once they have been read.

`transactions` is required; every other table adds features when it is present. The column names are
Joren's: `joren.toml` maps a user's own onto them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from types import MappingProxyType
from typing import cast

import ibis
from ibis.backends.duckdb import Backend

__all__ = ["CONTRACT", "Column", "DataConfig", "Kind", "ReadReport", "Source", "TableContract", "Tables"]


class Kind(Enum):
    """What a column holds, and so how its text is read and what happens to a value that cannot be."""

    ID = "id"  # text, kept as it is ("00123" stays so)
    TEXT = "text"  # the same, but for reading, not for joining
    TIME = "time"  # a moment or a day; an unreadable one refuses its row
    NUMBER = "number"  # DECIMAL(18,4), money in currency units; an unreadable one refuses its row
    MEASURE = "measure"  # the same type; an unreadable one is taken as missing, and the report says how many
    FLAG = "flag"  # true/false, yes/no, 1/0; an unreadable one refuses its row


@dataclass(frozen=True)
class Column:
    """One column of the contract."""

    name: str
    kind: Kind
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class TableContract:
    """One table of the contract; ``extras`` says whether further columns are kept as attributes."""

    name: str
    columns: tuple[Column, ...]
    extras: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns without which the table says nothing."""
        return tuple(column.name for column in self.columns if column.required)


def _required(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, meaning, required=True)


_CUSTOMER = _required("customer_id", Kind.ID, "who; any text that is not blank")

CONTRACT: Mapping[str, TableContract] = MappingProxyType(
    {
        table.name: table
        for table in (
            TableContract(
                "transactions",
                (
                    _CUSTOMER,
                    _required("timestamp", Kind.TIME, "when it was bought or given back"),
                    _required("amount", Kind.NUMBER, "what was paid for the line; negative = refund"),
                    Column("order_id", Kind.ID, "the order that the line belongs to"),
                    Column("line_id", Kind.ID, "names the line; where declared, it may not repeat"),
                    Column("product_id", Kind.ID, "what was bought"),
                    Column("category", Kind.TEXT, "the kind of product"),
                    Column("quantity", Kind.MEASURE, "pieces, or another measure"),
                    Column("unit_price", Kind.MEASURE, "price of one, in currency units"),
                    Column("discount", Kind.MEASURE, "taken off the line, in currency units"),
                    Column("margin", Kind.NUMBER, "gross margin of the line, in currency units"),
                    Column("currency", Kind.TEXT, "ISO 4217 code of the amount"),
                    Column("channel", Kind.TEXT, "shop, web, app …"),
                    Column("is_return", Kind.FLAG, "the line gives something back"),
                    Column("known_at", Kind.TIME, "when the row reached the business"),
                ),
            ),
            TableContract(
                "customers",
                (
                    _CUSTOMER,
                    Column("signed_up_at", Kind.TIME, "when the customer signed up"),
                    Column("acquisition_channel", Kind.TEXT, "where the customer came from"),
                    Column("acquisition_cost", Kind.NUMBER, "what winning the customer cost"),
                    Column("country", Kind.TEXT, "country of the customer"),
                ),
                extras=True,
            ),
            TableContract(
                "interactions",
                (
                    _CUSTOMER,
                    _required("opened_at", Kind.TIME, "when the contact began"),
                    Column("first_response_at", Kind.TIME, "when it was first answered"),
                    Column("resolved_at", Kind.TIME, "when it was closed"),
                    Column("channel", Kind.TEXT, "mail, phone, chat …"),
                    Column("topic", Kind.TEXT, "what it was about"),
                    Column("reopened", Kind.FLAG, "it was opened again after being closed"),
                ),
            ),
            TableContract(
                "surveys",
                (
                    _CUSTOMER,
                    _required("submitted_at", Kind.TIME, "when the answer came"),
                    _required("kind", Kind.TEXT, "nps (0-10), csat (1-5) or ces (1-7)"),
                    _required("score", Kind.NUMBER, "the answer, on the scale of its kind"),
                    Column("comment", Kind.TEXT, "the customer's own words"),
                ),
            ),
            TableContract(
                "loyalty",
                (
                    _CUSTOMER,
                    _required("changed_at", Kind.TIME, "when the standing changed"),
                    Column("tier", Kind.TEXT, "the tier from then on"),
                    Column("points", Kind.MEASURE, "the balance of points from then on"),
                ),
            ),
            TableContract(
                "subscriptions",
                (
                    _CUSTOMER,
                    _required("started_at", Kind.TIME, "when the subscription began"),
                    Column("ended_at", Kind.TIME, "when it ended; missing while it runs"),
                    Column("plan", Kind.TEXT, "which plan"),
                    Column("monthly_amount", Kind.NUMBER, "what a month costs, in currency units"),
                    Column("cancel_reason", Kind.TEXT, "why it was ended"),
                ),
            ),
            TableContract(
                "treatments",
                (
                    _CUSTOMER,
                    _required("sent_at", Kind.TIME, "when the offer went out"),
                    _required("campaign", Kind.ID, "which campaign"),
                    _required("arm", Kind.TEXT, "control, or the name of the offer"),
                    Column("cost", Kind.NUMBER, "what sending it cost, in currency units"),
                    Column("randomised", Kind.FLAG, "the arm was drawn at random"),
                ),
            ),
        )
    }
)


@dataclass(frozen=True)
class Source:
    """Where one table of the contract comes from.

    ``location`` is the path of a CSV or Parquet file. ``columns`` maps contract columns to the user's; a
    contract column that is not mapped is looked up under its own name.
    """

    location: str
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DataConfig:
    """What to read, and the business it belongs to.

    ``zone`` is an IANA name (UTC if unset, and the report says so); ``currency`` an ISO 4217 code (the
    data's own if unset and single, else "XXX"). More than ``refused_share_limit`` of the rows refused
    stops the reading.
    """

    sources: Mapping[str, Source]
    zone: str | None = None
    currency: str | None = None
    refused_share_limit: float = 0.10


@dataclass(frozen=True)
class ReadReport:
    """What became of the rows of one table: ``read`` = ``accepted`` + ``refused``, exactly.

    ``repeated`` counts the accepted rows that say the same as an earlier one (real invoices repeat lines:
    they are kept). ``columns`` maps the contract columns that were found to the user's; the days are
    local, ends included.
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
    (1-based data row), reason, detail (the column), row (the refused values as JSON).
    """

    connection: Backend
    transactions: ibis.Table
    quarantine: ibis.Table
    reports: Mapping[str, ReadReport]
    zone: str
    currency: str
    has_margin: bool

    def history(self, as_of: date) -> ibis.Table:
        """Return the transactions that had happened and were known at the end of the local day ``as_of``."""
        rows = self.transactions
        known = rows.known_day.isnull() | (rows.known_day <= as_of)
        return rows.filter((rows.day <= as_of) & known)

    def after(self, as_of: date) -> int:
        """Count the accepted transactions that ``as_of`` hides."""
        accepted = self.reports["transactions"].accepted
        return accepted - int(self.history(as_of).count().execute())

    def first_day(self, as_of: date) -> date | None:
        """Return the first local day of the history at ``as_of``, or None where there is none."""
        return self._day(self.history(as_of).day.min())

    def last_day(self, as_of: date) -> date | None:
        """Return the last local day of the history at ``as_of``, or None where there is none."""
        return self._day(self.history(as_of).day.max())

    def _day(self, day: ibis.expr.types.Scalar) -> date | None:
        return cast("date | None", day.to_pyarrow().as_py())
