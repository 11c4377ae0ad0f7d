"""A customer's whole history on the wire: the tables of the data contract, row by row.

What a value may look like is the contract's to say, not the wire's: amounts and times are handed on as texts,
and read by the rules by which files are read.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType
from typing import Annotated

from pydantic import ConfigDict, Field, PlainValidator, WithJsonSchema

from serving.schemas import Question
from serving.wire_score import CustomerId

__all__ = ["CustomerHistory", "texts_of"]

WHOLE_BELOW = 1e15


def _number_or_text(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, float, str, NoneType)):
        raise ValueError("a number or a text is expected")  # noqa: TRY004 - pydantic turns this into a 422
    return value


def _said(value: object) -> object:
    return value if isinstance(value, bool) else _number_or_text(value)


Time = Annotated[
    str | None,
    Field(
        description="A day or a moment, ISO 8601. With an offset it is told in the business's zone; without "
        "one it is local there already.",
        examples=["2026-03-14T10:30:00+09:00"],
    ),
]
Quantity = Annotated[
    str | float | None,
    PlainValidator(_number_or_text),
    WithJsonSchema({"type": ["number", "string", "null"]}),
]
Money = Annotated[
    Quantity,
    Field(description="In currency units, at most 4 decimals; a text is read exactly.", examples=["1980.00"]),
]
Number = Annotated[Quantity, Field(description="At most 4 decimals.", examples=[2])]
Said = Annotated[
    str | float | bool | None,
    PlainValidator(_said),
    WithJsonSchema({"type": ["string", "number", "boolean", "null"]}),
]
Word = Annotated[str | None, Field(examples=["web"])]
KnownAt = Annotated[
    str | None,
    Field(
        description="When the row reached the business, if later: before that it is not history.",
        examples=["2026-03-15T02:00:00+09:00"],
    ),
]


class Row(Question):
    """A row; a field that is left out, or null, says nothing."""

    model_config = ConfigDict(strict=True)


class Transaction(Row):
    """A line that was bought or given back."""

    timestamp: Time = None
    amount: Money = Field(default=None, description="What was paid for the line; negative = refund.")
    order_id: str | None = Field(default=None, description="The order that it belongs to.", examples=["o-1"])
    line_id: str | None = Field(
        default=None, description="Names the line; it may not repeat.", examples=["7"]
    )
    product_id: str | None = Field(default=None, description="What was bought.", examples=["p-17"])
    category: str | None = Field(default=None, description="The kind of product.", examples=["tea"])
    quantity: Number = Field(default=None, description="Pieces, or another measure.")
    unit_price: Money = Field(default=None, description="The price of one.")
    discount: Money = Field(default=None, description="Taken off the line.")
    margin: Money = Field(default=None, description="The gross margin of the line.")
    currency: str | None = Field(
        default=None, description="ISO 4217; another than the model's refuses the row.", examples=["JPY"]
    )
    channel: Word = Field(default=None, description="Shop, web, app …")
    is_return: bool | None = Field(default=None, description="The line gives something back.")
    known_at: KnownAt = None


class Profile(Row):
    """What is known of the customer."""

    signed_up_at: Time = None
    acquisition_channel: Word = Field(default=None, description="Where the customer came from.")
    acquisition_cost: Money = Field(default=None, description="What winning the customer cost.")
    country: str | None = Field(default=None, description="The customer's country.", examples=["JP"])
    known_at: KnownAt = None
    attributes: dict[str, Said] = Field(
        default={},
        max_length=200,
        description="Further columns of your customers' table, by their names there. Those that the model "
        "learned from are looked at.",
        examples=[{"Plan": "Gold"}],
    )


class Interaction(Row):
    """A contact with support."""

    opened_at: Time = None
    first_response_at: Time = None
    resolved_at: Time = None
    channel: Word = Field(default=None, description="Mail, phone, chat …")
    topic: str | None = Field(default=None, description="What it was about.", examples=["delivery"])
    reopened: bool | None = Field(default=None, description="It was opened again after being closed.")
    known_at: KnownAt = None


class Survey(Row):
    """An answer to a survey, or that one was asked."""

    submitted_at: Time = None
    kind: str | None = Field(default=None, description="nps, csat or ces.", examples=["nps"])
    score: Number = Field(
        default=None, description="nps 0 to 10, csat 1 to 5, ces 1 to 7; null: asked, not answered."
    )
    comment: str | None = Field(default=None, description="The customer's own words.", examples=["Quick."])
    known_at: KnownAt = None


class LoyaltyChange(Row):
    """A change of the standing in a loyalty scheme."""

    changed_at: Time = None
    tier: str | None = Field(default=None, description="The tier from then on.", examples=["gold"])
    points: Number = Field(default=None, description="The balance of points from then on.")
    known_at: KnownAt = None


class Subscription(Row):
    """A subscription."""

    started_at: Time = None
    ended_at: Time = None
    plan: str | None = Field(default=None, description="Which plan.", examples=["family"])
    monthly_amount: Money = Field(default=None, description="What a month costs.")
    cancel_reason: str | None = Field(default=None, description="Why it was ended.", examples=["price"])
    known_at: KnownAt = None


class Treatment(Row):
    """An offer that was sent, or held back on purpose."""

    sent_at: Time = None
    campaign: str | None = Field(default=None, description="Which campaign.", examples=["spring"])
    arm: str | None = Field(default=None, description="control, or the name of the offer.", examples=["10%"])
    cost: Money = Field(default=None, description="What sending it cost.")
    randomised: bool | None = Field(default=None, description="The arm was drawn at random.")
    known_at: KnownAt = None


class CustomerHistory(Question):
    """One customer, from the first row to the last. A table that is left out has no rows."""

    customer_id: Annotated[CustomerId, Field(strict=True)]
    transactions: list[Transaction] = Field(default=[], description="Every line bought or given back.")
    profile: Profile | None = Field(default=None, description="The row of the table `customers`.")
    interactions: list[Interaction] = Field(default=[], description="Contacts with support.")
    surveys: list[Survey] = Field(default=[], description="Surveys answered, or asked.")
    loyalty: list[LoyaltyChange] = Field(default=[], description="Changes of the loyalty tier or balance.")
    subscriptions: list[Subscription] = Field(default=[], description="Subscriptions, ended or running.")
    treatments: list[Treatment] = Field(default=[], description="Offers sent or held back.")

    def rows(self) -> Iterator[tuple[str, str, dict[str, str | None]]]:
        """Yield each row: its contract table, a JSON pointer to it from here, and its texts."""
        if self.profile is not None:
            yield "customers", "/profile", self._texts(self.profile)
        for table in type(self).model_fields:
            if table in {"customer_id", "profile"}:
                continue
            for place, row in enumerate(getattr(self, table)):
                yield table, f"/{table}/{place}", self._texts(row)

    def _texts(self, row: Row) -> dict[str, str | None]:
        return texts_of(row) | {"customer_id": self.customer_id}


def texts_of(row: Row) -> dict[str, str | None]:
    """Return what a row says as a file would: whole floats without .0, attributes among the columns."""
    said = dict(vars(row))
    if attributes := said.pop("attributes", None):
        said = attributes | said
    return {
        name: value if value is None or isinstance(value, str) else _text(value)
        for name, value in said.items()
    }


def _text(value: float | bool) -> str:  # noqa: FBT001 - JSON's own types
    if isinstance(value, bool):
        return str(value).lower()
    if type(value) is float and value.is_integer() and abs(value) < WHOLE_BELOW:
        return str(int(value))
    return str(value)
