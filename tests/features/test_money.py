"""Text to DECIMAL(18,4)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import ibis
from hypothesis import given, settings
from hypothesis import strategies as st

from features.money import (
    has_comma_decimal,
    has_point_decimal,
    is_not_finite,
    is_number,
    to_money,
)


def ask(texts: list[str], question: ibis.Deferred) -> list[object]:
    table = ibis.memtable({"position": range(len(texts)), "text": texts})
    rows = ibis.duckdb.connect().to_pyarrow(table.select("position", answer=question).order_by("position"))
    return rows["answer"].to_pylist()


def read(texts: list[str], *, decimal_commas: bool = False) -> list[object]:
    return ask(texts, to_money(ibis._.text, decimal_commas=decimal_commas))


THOUSANDS = {
    "1234.5": "1234.5",
    "1,234": "1234",
    "1,234.50": "1234.5",
    "¥1,234": "1234",
    "￥1,234": "1234",
    "\\1,234": "1234",
    "1,234円": "1234",
    " 1,234 円 ": "1234",
    "$12.50": "12.5",
    "USD 12": "12",
    "12.50 usd": "12.5",
    "１２３４": "1234",
    "１，２３４．５": "1234.5",
    "1 234": "1234",
    "1\u202f234.5": "1234.5",
    "+5": "5",
    "-5": "-5",
    "5-": "-5",
    "−5": "-5",
    "▲1,200": "-1200",
    "△5": "-5",
    "- ¥5": "-5",
    "¥-5": "-5",
    "(12.50)": "-12.5",
    "($12.50)": "-12.5",
    "（１２）": "-12",
    "1e3": "1000",
    ".5": "0.5",
    "5.": "5",
    "1.234": "1.234",
    "0.00005": "0.0001",
    "99999999999999.9999": "99999999999999.9999",
}
NEVER = ["", "abc", "12,50", "1.234,56", "1,23,456", "12 34", "--5", "(-5)", "-5-", "0x1F", "1/2", "5%", "."]


def test_every_way_to_write_an_amount() -> None:
    assert read(list(THOUSANDS)) == [Decimal(value) for value in THOUSANDS.values()]


def test_what_is_no_amount_is_not_guessed() -> None:
    assert read(NEVER) == [None] * len(NEVER)


def test_decimal_commas_leave_out_what_could_be_either() -> None:
    texts = ["12,50", "1.234,56", "-1,2345", "1 234,5", "0,125", "1234", "12,50 €", "1,234", "1.234", "12.50"]
    expected = ["12.50", "1234.56", "-1.2345", "1234.5", "0.125", "1234", "12.50"]
    assert read(texts, decimal_commas=True) == [*(Decimal(value) for value in expected), None, None, None]


def test_commas_and_points_that_can_only_mark_decimals() -> None:
    texts = ["12,50", "1.234,56", "12.50", "1,234.56", "0.125", "1,234", "1.234", "1234", "1,234,567"]
    assert ask(texts, has_comma_decimal(ibis._.text)) == [True, True, *[False] * 7]
    assert ask(texts, has_point_decimal(ibis._.text)) == [False, False, True, True, True, *[False] * 4]


def test_too_large_and_not_finite_are_told_apart() -> None:
    texts = ["99999999999999.99995", "1e400", "123,456,789,012,345", "inf", "-Infinity", "NaN", "∞", "abc"]
    assert read(texts) == [None] * len(texts)
    assert ask(texts, is_number(ibis._.text)) == [True] * 3 + [False] * 5
    assert ask(texts, is_not_finite(ibis._.text)) == [False] * 3 + [True] * 4 + [False]


@settings(max_examples=10, deadline=None)
@given(st.lists(st.decimals(-(10**13), 10**13, places=6), min_size=1))
def test_amounts_are_rounded_half_away_from_zero(amounts: list[Decimal]) -> None:
    rounded = [amount.quantize(Decimal("0.0001"), ROUND_HALF_UP) for amount in amounts]
    assert read([f"{amount:f}" for amount in amounts]) == rounded
    assert read([f"¥{amount:,f}" for amount in amounts]) == rounded
    continental = [f"{amount:,f}".translate(str.maketrans(",.", ".,")) for amount in amounts]
    assert read(continental, decimal_commas=True) == rounded
