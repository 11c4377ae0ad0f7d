"""Scores for customers whose history comes with the request, on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from serving.schemas import Question
from serving.wire_rows import CustomerHistory
from serving.wire_score import Answer, CustomerId, Score

__all__ = ["EARLIEST", "LATEST", "ComputeAnswer", "ComputeItem", "ComputeRequest"]

MOST_CUSTOMERS = 20
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


def _written_out(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("a day is a text: YYYY-MM-DD")  # noqa: TRY004 - pydantic turns this into a 422
    return value


def _once_each(customers: list[CustomerHistory]) -> list[CustomerHistory]:
    if len({one.customer_id for one in customers}) < len(customers):
        raise ValueError("a customer is given twice")
    return customers


class ComputeRequest(Question):
    """Customers with all that is known of them."""

    customers: Annotated[list[CustomerHistory], AfterValidator(_once_each)] = Field(
        min_length=1,
        max_length=MOST_CUSTOMERS,
        description="Each with the *whole* history: what is left out did not happen.",
        examples=[
            [
                {
                    "customer_id": "00123",
                    "transactions": [
                        {"timestamp": "2026-01-05T19:20:00+09:00", "amount": 1980, "order_id": "o-1"},
                        {"timestamp": "2026-03-14", "amount": "-1980.00", "order_id": "o-1"},
                    ],
                }
            ]
        ],
    )
    as_of: Annotated[date, BeforeValidator(_written_out), Field(ge=EARLIEST, le=LATEST)] | None = Field(
        default=None,
        description="The last local day of history, in the business's zone; unless given, that of the "
        "published run, or before the first run the model's own. Later rows, and rows that reached the "
        "business later, are held to the contract like all others, and change nothing.",
        examples=["2026-03-31"],
    )


class ComputeItem(Answer):
    """The answer for one customer."""

    customer_id: CustomerId
    status: Literal["scored", "no_history"] = Field(
        description="`no_history`: there is no purchase by as_of (where there is a contract: no running "
        "subscription), and so nothing to score.",
        examples=["scored"],
    )
    score: Score | None = Field(
        description="The score, as the batch would give it, but without a place among all customers: "
        "`churn_percentile`, `at_risk_rank` and `run_id` are null. It is never `stale_features`: what "
        "is sent is taken to be all there is by as_of."
    )


class ComputeAnswer(Answer):
    """One result for each customer."""

    as_of: date = Field(
        description="The last local day of history, in the business's zone.", examples=["2026-03-31"]
    )
    model_version: str = Field(
        description="The model in use, which gave the scores. It may be newer than the one behind the "
        "published run.",
        examples=["0a1b2c3d4e5f"],
    )
    tables: list[str] = Field(
        description="The tables that the model looks at; the data that it learned from had no others.",
        examples=[["transactions", "customers"]],
    )
    results: list[ComputeItem] = Field(description="One result for each customer, in the order given.")
