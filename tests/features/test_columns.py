"""Which of a user's columns is which column of the contract."""

from __future__ import annotations

import pytest

from features.columns import matched_columns
from features.contract import CONTRACT
from features.errors import DataError, MissingColumnError

TRANSACTIONS = CONTRACT["transactions"]
FOUND = ["id", "顧客番号", "timestamp", "Total Amount", "amount", "order_id"]


def matched(mapping: dict[str, str], found: list[str] = FOUND) -> dict[str, int]:
    return matched_columns(TRANSACTIONS, mapping, found, "shop.csv")


def test_mapped_and_unmapped_columns_are_found() -> None:
    columns = matched({"customer_id": "顧客番号", "amount": "Total Amount"})
    assert columns == {"customer_id": 1, "timestamp": 2, "amount": 3, "order_id": 5}


def test_a_column_may_be_left_out() -> None:
    assert "order_id" not in matched({"customer_id": "顧客番号", "order_id": ""})
    assert "order_id" not in matched({"customer_id": "id", "order_id": ""}, [*FOUND, ""])


def test_a_missing_column_is_named_with_its_nearest_and_the_mend() -> None:
    with pytest.raises(MissingColumnError) as caught:
        matched({}, ["Customer ID", "time_stamp", "amount"])
    message = str(caught.value)
    assert "shop.csv has no column 'customer_id', 'timestamp'." in message
    assert "customer_id: nearest 'Customer ID'" in message
    assert "columns there: 'Customer ID', 'time_stamp', 'amount'" in message
    assert "--map customer_id=YOUR_COLUMN" in message
    assert "joren.toml" in message


def test_a_mapped_column_that_is_not_there_is_missing_even_if_optional() -> None:
    with pytest.raises(MissingColumnError, match="no column 'Marge'"):
        matched({"customer_id": "id", "margin": "Marge"})
    with pytest.raises(MissingColumnError, match="no column 'customer_id'"):
        matched({"customer_id": ""})


@pytest.mark.parametrize(
    ("mapping", "found", "message"),
    [
        ({"custmer": "id"}, FOUND, "has no column 'custmer'"),
        ({"customer_id": "id", "order_id": "id"}, FOUND, "mapped to customer_id and order_id"),
        ({"customer_id": "amount"}, FOUND, "mapped to customer_id and amount"),
        ({"customer_id": "id"}, [*FOUND, "amount"], "2 columns called 'amount'"),
    ],
)
def test_a_mapping_that_can_not_be_meant_is_refused(
    mapping: dict[str, str], found: list[str], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        matched(mapping, found)


def test_a_wide_table_makes_no_long_message() -> None:
    with pytest.raises(MissingColumnError) as caught:
        matched({}, [f"column number {position}" for position in range(500)])
    assert len(str(caught.value)) < 1500
