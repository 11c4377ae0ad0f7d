"""Which rows are refused, and why."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import MixedCurrencyError, NothingUsableError, TooManyRefusedError
from features.sources import read_tables, tables_from_frame
from features.tables import DataConfig, Source, Tables

GOOD = {"customer_id": "c-7f", "timestamp": "2026-11-22 10:30", "amount": "12.50"}


def tables_of(
    *rows: dict[str, object],
    limit: float = 1.0,
    currency: str | None = None,
    rates: Mapping[str, Decimal] | None = None,
) -> Tables:
    """Read a good row and the rows given, each of which says how it differs from that."""
    frame = pd.DataFrame([GOOD, *(GOOD | row for row in rows)])
    return tables_from_frame(frame, refused_share_limit=limit, currency=currency, rates=rates)


def reasons(tables: Tables) -> dict[int, str]:
    rows = tables.quarantine.order_by("source_row").to_pyarrow().to_pylist()
    report = tables.reports["transactions"]
    assert report.refused_by_reason == Counter(row["reason"] for row in rows)
    assert report.read == report.accepted + report.refused
    assert report.accepted == tables.transactions.count().execute()
    return {row["source_row"]: row["reason"] for row in rows}


def test_each_bad_value_has_its_reason() -> None:
    bad = [
        ({"customer_id": None}, "missing_customer_id"),
        ({"customer_id": ""}, "missing_customer_id"),
        ({"customer_id": " \t\u3000\xa0"}, "missing_customer_id"),
        ({"customer_id": "c\0d"}, "unreadable_customer_id"),
        ({"timestamp": None}, "missing_timestamp"),
        ({"timestamp": "NULL"}, "missing_timestamp"),
        ({"timestamp": "yesterday"}, "unreadable_timestamp"),
        ({"timestamp": "3/4/2026"}, "ambiguous_timestamp"),
        ({"timestamp": "0026-11-22"}, "out_of_range_timestamp"),
        ({"timestamp": "9999-12-31"}, "out_of_range_timestamp"),
        ({"amount": None}, "missing_amount"),
        ({"amount": " "}, "missing_amount"),
        ({"amount": "twelve"}, "unreadable_amount"),
        ({"amount": "12,50"}, "unreadable_amount"),
        ({"amount": "inf"}, "non_finite_amount"),
        ({"amount": "NaN"}, "non_finite_amount"),
        ({"amount": float("inf")}, "non_finite_amount"),
        ({"amount": "1e15"}, "out_of_range_amount"),
        ({"margin": "much"}, "unreadable_margin"),
        ({"is_return": "maybe"}, "unreadable_is_return"),
        ({"known_at": "later"}, "unreadable_known_at"),
        ({"customer_id": "", "amount": "x"}, "missing_customer_id"),
    ]
    found = reasons(tables_of(*(row for row, _ in bad)))
    assert list(found.values()) == [reason for _, reason in bad]


def test_what_is_optional_may_be_missing_and_a_bad_number_beside_the_money_is_only_noted() -> None:
    optional = [
        "margin",
        "is_return",
        "known_at",
        "quantity",
        "unit_price",
        "order_id",
        "line_id",
        "currency",
    ]
    tables = tables_of(
        *(dict.fromkeys(optional, word) for word in (None, "", " ")),
        {"margin": "NaN", "known_at": "NULL", "is_return": "n/a", "quantity": "a few"},
    )
    assert reasons(tables) == {}
    assert tables.transactions.known_day.notnull().sum().execute() == 0
    assert not tables.transactions.is_return.any().execute()
    assert any("1 rows have a quantity" in note for note in tables.reports["transactions"].notes)


def test_refused_rows_are_kept_as_they_were() -> None:
    frame = pd.DataFrame([GOOD, GOOD | {"amount": "=cmd('x')", "timestamp": '"11/22\n"'}])
    frame = frame.rename(columns={"amount": 'Net "Amount"', "customer_id": 'net "amount"'})
    mapping = {"amount": 'Net "Amount"', "customer_id": 'net "amount"'}
    tables = tables_from_frame(frame, columns=mapping, refused_share_limit=1)
    (row,) = tables.quarantine.to_pyarrow().to_pylist()
    values = json.loads(row.pop("row"))
    assert row == {
        "table": "transactions",
        "source_row": 2,
        "reason": "unreadable_timestamp",
        "detail": "timestamp",
    }
    assert values == {'net "amount"': "c-7f", "timestamp": '"11/22\n"', 'Net "Amount"': "=cmd('x')"}


def test_the_later_of_two_rows_with_one_line_id_is_refused_whatever_their_order_in_the_file() -> None:
    tables = tables_of(
        {"line_id": "1", "timestamp": "2026-11-22"},
        {"line_id": "1", "timestamp": "2026-11-21"},
        {"line_id": "1", "timestamp": "2026-11-21"},
        {"line_id": "1", "timestamp": "2026-11-20", "known_at": "2026-11-23"},
        {"line_id": "2", "amount": "bad"},
        {"line_id": "2"},
        {"line_id": " 1"},
    )
    repeated = dict.fromkeys([2, 4, 5], "repeated_line_id")
    assert reasons(tables) == repeated | {6: "unreadable_amount"}


def test_an_order_belongs_to_the_customer_who_came_first() -> None:
    tables = tables_of(
        {"order_id": "1", "timestamp": "2026-11-22", "customer_id": "late"},
        {"order_id": "1", "timestamp": "2026-11-21"},
        {"order_id": "1", "timestamp": "2026-11-23"},
        {"order_id": "2", "customer_id": "other", "line_id": "1"},
        {"order_id": "2", "customer_id": "copy", "line_id": "1"},
    )
    assert reasons(tables) == {2: "order_of_another_customer", 6: "repeated_line_id"}


def test_another_currency_is_refused() -> None:
    tables = tables_of(
        {"currency": "jpy"}, {"currency": "USD"}, {"amount": "$5"}, {"amount": "5円"}, currency="JPY"
    )
    assert reasons(tables) == {3: "other_currency", 4: "other_currency"}
    assert tables.currency == "JPY"
    details = tables.quarantine.order_by("source_row").detail.to_pyarrow().to_pylist()
    assert details == ["currency", "currency"]


def test_the_currency_is_the_data_s_own_where_it_is_single() -> None:
    assert tables_of({"currency": "jpy "}).currency == "JPY"
    assert tables_of().currency == "XXX"
    with pytest.raises(MixedCurrencyError, match="JPY: 2 rows\n  USD: 1 rows"):
        tables_of({"currency": "JPY"}, {"currency": "JPY"}, {"currency": "USD"})
    with pytest.raises(MixedCurrencyError, match="in 2 currencies"):
        tables_of({"amount": "¥5"}, {"amount": "$5"})


def test_a_rate_turns_another_currency_into_the_business_s_own() -> None:
    tables = tables_of(
        {"amount": "1200", "currency": "JPY"},
        {"amount": "$12.50", "currency": "usd", "margin": "2", "discount": "0.5", "quantity": "3"},
        {"amount": "-12.50", "currency": "USD"},
        {"amount": "€10", "currency": "USD"},
        {"amount": "7", "currency": "EUR"},
        {"amount": "99999999999999", "currency": "USD"},
        currency="JPY",
        rates={"USD": Decimal("150.255")},
    )
    rows = tables.transactions.order_by("source_row").to_pyarrow().to_pylist()
    amounts = [row["amount"] for row in rows]
    assert amounts == [Decimal(it) for it in ("12.5", "1200", "1878.1875", "-1878.1875")]
    assert (rows[2]["margin"], rows[2]["discount"]) == (Decimal("300.51"), Decimal("75.1275"))
    assert rows[2]["quantity"] == 3
    assert reasons(tables) == {5: "other_currency", 6: "other_currency", 7: "out_of_range_amount"}
    assert "4 rows in USD are read as JPY, at 150.255" in tables.reports["transactions"].notes


@pytest.mark.parametrize("currency", [None, "USD"])
def test_rates_are_those_of_others_in_a_currency_that_is_named(currency: str | None) -> None:
    with pytest.raises(MixedCurrencyError, match="worth in the business's own"):
        tables_of(currency=currency, rates={"USD": Decimal(150)})


def test_more_than_the_allowed_share_stops_the_reading_with_the_first_five_and_a_mend() -> None:
    bad = [{"timestamp": f"{day}/11/2026"} for day in range(1, 8)]
    with pytest.raises(TooManyRefusedError) as caught:
        tables_of(*bad, {"amount": "x"}, limit=0.5)
    lines = str(caught.value).splitlines()
    assert "the frame: 8 of 9 rows are refused, more than 50%; 7 of them for ambiguous_timestamp." in lines[0]
    assert lines[1] == "  row 2: timestamp = '1/11/2026'"
    assert len(lines) == 7
    assert "day/month" in lines[-1]
    assert tables_of(*bad, limit=7 / 8).reports["transactions"].refused == 7


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "has no rows"),
        ([{"amount": "-5"}, {"amount": "(5)"}], "2 accepted rows are all refunds"),
        ([{"amount": "5", "is_return": "yes"}], "1 accepted rows are all refunds"),
        ([{"amount": "x"}], "no row is left"),
    ],
)
def test_without_a_purchase_there_is_nothing_to_do(rows: list[dict[str, str]], message: str) -> None:
    frame = pd.DataFrame([GOOD | row for row in rows], columns=[*GOOD, "is_return"])
    with pytest.raises(NothingUsableError, match=message):
        tables_from_frame(frame, refused_share_limit=1)


values = {
    "customer_id": st.sampled_from(["c-7f", "00123", "", "=cmd()", "'; --", " x", "髙橋🙂", "a\nb", "NULL"]),
    "timestamp": st.sampled_from(["2026-11-22", "", "3/4/2026", "22/11/2026", "2026年1月2日", "x", "\\N"]),
    "amount": st.sampled_from(["1", "-1", "¥1,234", "1,5", "", "inf", "1e99", "x;y", "0"]),
    "line_id": st.sampled_from(["", "1", "2", "3"]),
    "order_id": st.sampled_from(["", "1", "2"]),
}
lines = st.lists(
    st.one_of(
        st.tuples(*values.values()), st.lists(st.text(st.sampled_from('a",\n'), max_size=3), max_size=6)
    ),
    max_size=60,
)


@settings(max_examples=8, deadline=None)
@given(lines=lines)
def test_every_row_is_accepted_or_refused_once(
    lines: list[list[str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([list(values), [*GOOD.values(), "", ""], *lines])
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    rows = [row for row in csv.reader(io.StringIO(text.getvalue(), newline="")) if row][1:]
    config = DataConfig({"transactions": Source(str(path))}, refused_share_limit=1.0)
    try:
        tables = read_tables(config)
    except NothingUsableError:
        return
    accepted = tables.transactions.source_row.to_pyarrow().to_pylist()
    assert sorted([*accepted, *reasons(tables)]) == list(range(1, len(rows) + 1))
    read = tables.transactions.order_by("source_row").to_pyarrow().to_pylist()
    assert [row["customer_id"] for row in read] == [rows[row["source_row"] - 1][0] for row in read]
    assert all(date(2026, 1, 1) <= row["day"] <= date(2026, 12, 31) for row in read)
