"""The data contract: the tables that a business hands over, and what their columns hold.

`transactions` is required; every other table adds features when it is present. The column names are
Joren's: `joren.toml` maps a user's own onto them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

__all__ = ["CONTRACT", "SCALES", "Column", "Kind", "TableContract", "day_of"]


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
    """One column of the contract.

    ``required`` columns must be there, and say something in every row unless they ``may_be_blank``.
    ``told_by`` names the column of time from which on the value is known, where that is not the row's own: a
    resolution is not known when the ticket is opened. ``not_before`` names the time that this one follows.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    may_be_blank: bool = False
    told_by: str = ""
    not_before: str = ""

    @property
    def filled(self) -> bool:
        """Whether a row that leaves the column blank is refused."""
        return self.required and not self.may_be_blank


@dataclass(frozen=True)
class TableContract:
    """One table of the contract.

    ``time`` names the column that says when a row happened; ``extras`` whether further columns are kept as
    attributes.
    """

    name: str
    time: str
    columns: tuple[Column, ...]
    extras: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """The names of the columns without which the table says nothing."""
        return tuple(column.name for column in self.columns if column.required)


SCALES: Mapping[str, tuple[int, int]] = MappingProxyType({"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)})
"""The kinds of surveys, each with the lowest and the highest score that can be given."""


def day_of(column: str) -> str:
    """Return the name of the local day of a column of time: opened_at, opened_day."""
    return column.removesuffix("_at") + "_day" if column != "timestamp" else "day"


def _required(name: str, kind: Kind, meaning: str) -> Column:
    return Column(name, kind, meaning, required=True)


_CUSTOMER = _required("customer_id", Kind.ID, "who; any text that is not blank")
_KNOWN_AT = Column("known_at", Kind.TIME, "when the row reached the business")

CONTRACT: Mapping[str, TableContract] = MappingProxyType(
    {
        table.name: table
        for table in (
            TableContract(
                "transactions",
                "timestamp",
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
                    _KNOWN_AT,
                ),
            ),
            TableContract(
                "customers",
                "signed_up_at",
                (
                    _CUSTOMER,
                    Column("signed_up_at", Kind.TIME, "when the customer signed up"),
                    Column("acquisition_channel", Kind.TEXT, "where the customer came from"),
                    Column("acquisition_cost", Kind.NUMBER, "what winning the customer cost"),
                    Column("country", Kind.TEXT, "country of the customer"),
                    _KNOWN_AT,
                ),
                extras=True,
            ),
            TableContract(
                "interactions",
                "opened_at",
                (
                    _CUSTOMER,
                    _required("opened_at", Kind.TIME, "when the contact began"),
                    Column(
                        "first_response_at",
                        Kind.TIME,
                        "when it was first answered",
                        told_by="first_response_at",
                        not_before="opened_at",
                    ),
                    Column(
                        "resolved_at",
                        Kind.TIME,
                        "when it was closed",
                        told_by="resolved_at",
                        not_before="opened_at",
                    ),
                    Column("channel", Kind.TEXT, "mail, phone, chat …"),
                    Column("topic", Kind.TEXT, "what it was about"),
                    Column(
                        "reopened", Kind.FLAG, "it was opened again after being closed", told_by="resolved_at"
                    ),
                    _KNOWN_AT,
                ),
            ),
            TableContract(
                "surveys",
                "submitted_at",
                (
                    _CUSTOMER,
                    _required("submitted_at", Kind.TIME, "when the answer came"),
                    _required("kind", Kind.TEXT, "nps (0-10), csat (1-5) or ces (1-7)"),
                    Column(
                        "score",
                        Kind.NUMBER,
                        "the answer, on the scale of its kind; none: asked, not answered",
                        required=True,
                        may_be_blank=True,
                    ),
                    Column("comment", Kind.TEXT, "the customer's own words"),
                    _KNOWN_AT,
                ),
            ),
            TableContract(
                "loyalty",
                "changed_at",
                (
                    _CUSTOMER,
                    _required("changed_at", Kind.TIME, "when the standing changed"),
                    Column("tier", Kind.TEXT, "the tier from then on"),
                    Column("points", Kind.MEASURE, "the balance of points from then on"),
                    _KNOWN_AT,
                ),
            ),
            TableContract(
                "subscriptions",
                "started_at",
                (
                    _CUSTOMER,
                    _required("started_at", Kind.TIME, "when the subscription began"),
                    Column(
                        "ended_at",
                        Kind.TIME,
                        "when it ended; missing while it runs",
                        told_by="ended_at",
                        not_before="started_at",
                    ),
                    Column("plan", Kind.TEXT, "which plan"),
                    Column("monthly_amount", Kind.NUMBER, "what a month costs, in currency units"),
                    Column("cancel_reason", Kind.TEXT, "why it was ended", told_by="ended_at"),
                    _KNOWN_AT,
                ),
            ),
            TableContract(
                "treatments",
                "sent_at",
                (
                    _CUSTOMER,
                    _required("sent_at", Kind.TIME, "when the offer went out"),
                    _required("campaign", Kind.ID, "which campaign"),
                    _required("arm", Kind.TEXT, "control, or the name of the offer"),
                    Column("cost", Kind.NUMBER, "what sending it cost, in currency units"),
                    Column("randomised", Kind.FLAG, "the arm was drawn at random"),
                    _KNOWN_AT,
                ),
            ),
        )
    }
)
