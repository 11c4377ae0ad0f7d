"""The optional tables: read by the same path as the transactions, each with its own reasons to refuse."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.contract import CONTRACT, Kind, day_of
from features.errors import DataError, MissingColumnError, SourceNotFoundError, TooManyRefusedError
from features.sources import read_tables, tables_from_frame
from features.tables import DataConfig, Rules, Source, Tables

BOUGHT = pd.DataFrame([{"customer_id": "c-7f", "timestamp": "2026-11-22 10:30", "amount": "12.50"}])
GOOD: dict[str, dict[str, object]] = {
    "customers": {"customer_id": "c-7f", "signed_up_at": "2025-04-01", "acquisition_cost": "3"},
    "interactions": {"customer_id": "c-7f", "opened_at": "2026-11-20 09:00"},
    "surveys": {"customer_id": "c-7f", "submitted_at": "2026-11-20", "kind": "nps", "score": "9"},
    "loyalty": {"customer_id": "c-7f", "changed_at": "2026-11-20", "tier": "gold", "points": "120"},
    "subscriptions": {"customer_id": "c-7f", "started_at": "2026-11-20", "monthly_amount": "9.90"},
    "treatments": {"customer_id": "c-7f", "sent_at": "2026-11-20", "campaign": "spring", "arm": "control"},
}


def tables_of(limit: float = 1.0, currency: str = "USD", **rows: list[dict[str, object]]) -> Tables:
    """Read each table named: a good row, and the rows given, which say how they differ from it."""
    others = {
        name: pd.DataFrame([GOOD[name], *(GOOD[name] | row for row in changed)])
        for name, changed in rows.items()
    }
    return tables_from_frame(
        BOUGHT, zone="Asia/Tokyo", currency=currency, refused_share_limit=limit, others=others
    )


def refused(tables: Tables, name: str) -> dict[int, str]:
    """Return the refused rows of a table with their reasons; every row is accepted or refused, once."""
    report, accepted = tables.reports[name], tables.optional[name]
    rows = tables.quarantine.filter(tables.quarantine.table == name).to_pyarrow().to_pylist()
    numbers = [*(row["source_row"] for row in rows), *accepted.source_row.to_pyarrow().to_pylist()]
    assert sorted(numbers) == list(range(1, report.read + 1))
    assert (report.accepted, report.refused) == (report.read - len(rows), len(rows))
    assert all(row["detail"] in json.loads(row["row"]) for row in rows)
    return {row["source_row"]: row["reason"] for row in rows}


def accepted(tables: Tables, name: str) -> list[dict[str, Any]]:
    return tables.optional[name].order_by("source_row").to_pyarrow().to_pylist()


def test_every_table_has_the_contract_s_columns_and_a_local_day_beside_each_time() -> None:
    tables = tables_of(**{name: [] for name in GOOD})
    assert tables.optional.keys() == GOOD.keys()
    kinds = {Kind.TIME: "timestamp(6)", Kind.FLAG: "boolean", Kind.ID: "string", Kind.TEXT: "string"}
    for name, rows in tables.optional.items():
        expected = {"source_row": "int64"}
        for column in CONTRACT[name].columns:
            expected[column.name] = kinds.get(column.kind, "decimal(18, 4)")
            if column.kind is Kind.TIME:
                expected[day_of(column.name)] = "date"
        assert rows.schema() == ibis.schema(expected)
        report = tables.reports[name]
        assert (report.table, report.read, report.accepted) == (name, 1, 1)
        assert report.first_day == report.last_day is not None


def test_times_are_local_and_what_a_file_has_not_is_null() -> None:
    late = {"opened_at": "2026-11-20T15:30:00Z", "resolved_at": "2026-11-21 12:00", "reopened": "yes"}
    tables = tables_of(interactions=[late])
    first, second = accepted(tables, "interactions")
    assert first["resolved_at"] is first["resolved_day"] is first["reopened"] is first["known_day"] is None
    assert second["opened_at"] == datetime(2026, 11, 21, 0, 30)
    assert second["opened_day"] == second["resolved_day"] == date(2026, 11, 21)
    assert second["reopened"] is True


HOSTILE: list[tuple[str, dict[str, object], str]] = [
    *((name, {"customer_id": " \u3000"}, "missing_customer_id") for name in GOOD),
    *((name, {CONTRACT[name].time: "yesterday"}, f"unreadable_{CONTRACT[name].time}") for name in GOOD),
    ("customers", {"acquisition_cost": "inf"}, "non_finite_acquisition_cost"),
    ("customers", {"acquisition_cost": "¥300"}, "other_currency"),
    ("interactions", {"resolved_at": "2026-11-20 08:59"}, "too_early_resolved_at"),
    ("interactions", {"resolved_at": "2026-11-19"}, "too_early_resolved_at"),
    ("interactions", {"first_response_at": "2026-11-19 23:59"}, "too_early_first_response_at"),
    ("interactions", {"resolved_at": "soon"}, "unreadable_resolved_at"),
    ("interactions", {"reopened": "perhaps"}, "unreadable_reopened"),
    ("surveys", {"score": "11"}, "out_of_scale_score"),
    ("surveys", {"score": "-1"}, "out_of_scale_score"),
    ("surveys", {"kind": "csat", "score": "0"}, "out_of_scale_score"),
    ("surveys", {"kind": "CSAT", "score": "6"}, "out_of_scale_score"),
    ("surveys", {"kind": "ces", "score": "7.01"}, "out_of_scale_score"),
    ("surveys", {"kind": "stars"}, "unknown_kind"),
    ("surveys", {"kind": ""}, "missing_kind"),
    ("surveys", {"score": "ten"}, "unreadable_score"),
    ("surveys", {"score": "inf"}, "non_finite_score"),
    ("surveys", {"submitted_at": None}, "missing_submitted_at"),
    ("subscriptions", {"ended_at": "2026-11-19"}, "too_early_ended_at"),
    ("subscriptions", {"monthly_amount": "NaN9"}, "unreadable_monthly_amount"),
    ("treatments", {"campaign": ""}, "missing_campaign"),
    ("treatments", {"arm": None}, "missing_arm"),
    ("treatments", {"randomised": "2"}, "unreadable_randomised"),
    ("treatments", {"cost": "1e15"}, "out_of_range_cost"),
    ("loyalty", {"known_at": "later"}, "unreadable_known_at"),
]


def test_each_hostile_row_is_refused_for_its_reason_and_no_other_row_is() -> None:
    tables = tables_of(**{name: [row for table, row, _ in HOSTILE if table == name] for name in GOOD})
    for name in GOOD:
        reasons = [reason for table, _, reason in HOSTILE if table == name]
        assert refused(tables, name) == dict(enumerate(reasons, start=2))
        assert [row["source_row"] for row in accepted(tables, name)] == [1]
    assert tables.quarantine.count().execute() == len(HOSTILE)


def test_what_lies_on_the_edge_is_accepted() -> None:
    tables = tables_of(
        surveys=[
            {"kind": " Nps ", "score": "0"},
            {"kind": "NPS", "score": "10"},
            {"kind": "csat", "score": "1"},
            {"kind": "Ces", "score": "7"},
            {"score": None},
            {"score": "nan"},
        ],
        interactions=[
            {"resolved_at": "2026-11-20 09:00", "first_response_at": "2026-11-20 09:00"},
            {"resolved_at": "2026-11-20"},  # a day without a time: it may be any of the day's
        ],
        loyalty=[{"points": "many"}],
        subscriptions=[{"ended_at": "2026-11-20"}, {"ended_at": "NULL"}],
    )
    assert [row["kind"] for row in accepted(tables, "surveys")] == [
        "nps", "nps", "nps", "csat", "ces", "nps", "nps"
    ]  # fmt: skip
    assert [row["score"] for row in accepted(tables, "surveys")][-2:] == [None, None]
    assert tables.quarantine.count().execute() == 0
    assert accepted(tables, "loyalty")[1]["points"] is None
    assert "1 rows have a points that cannot be read" in tables.reports["loyalty"].notes[0]


def test_a_customer_has_one_row_the_one_known_first() -> None:
    tables = tables_of(
        customers=[
            {"signed_up_at": "2025-03-31"},
            {"signed_up_at": "2025-03-30", "known_at": "2026-01-01"},
            {"customer_id": "00123", "signed_up_at": None},
            {"customer_id": "00123"},
        ]
    )
    assert refused(tables, "customers") == dict.fromkeys([1, 3, 5], "repeated_customer")


def test_further_columns_of_the_customers_are_attributes_and_only_theirs() -> None:
    frame = pd.DataFrame(
        [["c-7f", "2025-04-01", "7", "", "x", "1", "2", "y"], ["", "2025-04-01", "8", *[""] * 5]],
        columns=[
            "customer_id",
            "signed_up_at",
            "Shoe (size",
            "blank",
            "COUNTRY",
            "tier",
            "Tier",
            "source_row",
        ],
    )
    loyalty = pd.DataFrame([GOOD["loyalty"] | {"colour": "red"}])
    others = {"customers": frame, "loyalty": loyalty}
    tables = tables_from_frame(BOUGHT, others=others, refused_share_limit=0.5)
    assert refused(tables, "customers") == {2: "missing_customer_id"}
    report = tables.reports["customers"]
    assert report.attributes == {
        "Shoe (size": "Shoe (size",
        "blank": "blank",
        "COUNTRY_2": "COUNTRY",
        "tier": "tier",
        "Tier_2": "Tier",
        "source_row_2": "source_row",
    }
    (row,) = accepted(tables, "customers")
    assert {name: row[name] for name in report.attributes} == {
        "Shoe (size": "7", "blank": None, "COUNTRY_2": "x", "tier": "1", "Tier_2": "2", "source_row_2": "y"
    }  # fmt: skip
    assert "colour" not in tables.optional["loyalty"].columns


def test_files_are_read_under_their_own_names_and_constants_stand_in_every_row(tmp_path: Path) -> None:
    (tmp_path / "bought.csv").write_text("customer_id,timestamp,amount\nc-7f,2026-11-22,5\n", "utf-8")
    (tmp_path / "reviews.csv").write_text("Who;When;Stars\nc-7f;2026-11-22;4\nc-8;2026-11-22;6\n", "utf-8")
    names = {"customer_id": "Who", "submitted_at": "When", "score": "Stars"}
    reviews = Source(str(tmp_path / "reviews.csv"), names, {"kind": "csat"})
    sources = {"transactions": Source(str(tmp_path / "bought.csv")), "surveys": reviews}
    tables = read_tables(DataConfig(sources, "Asia/Tokyo", "JPY", refused_share_limit=0.5))
    (row,) = accepted(tables, "surveys")
    assert (row["customer_id"], row["kind"], row["score"]) == ("c-7f", "csat", Decimal(4))
    assert refused(tables, "surveys") == {2: "out_of_scale_score"}
    assert tables.reports["surveys"].columns == names | {"kind": "'csat' in every row"}
    both = Source(reviews.location, names | {"kind": "Stars"}, {"kind": "csat"})
    with pytest.raises(DataError, match="'kind' is both a column and a constant"):
        read_tables(DataConfig(sources | {"surveys": both}))
    with pytest.raises(SourceNotFoundError, match=r"\[tables.surveys\]"):
        read_tables(DataConfig(sources | {"surveys": Source(str(tmp_path / "review.csv"))}))
    with pytest.raises(MissingColumnError, match=r"under \[tables.surveys.columns\]"):
        read_tables(DataConfig(sources | {"surveys": Source(reviews.location)}))
    with pytest.raises(DataError, match="no table reviews"):
        read_tables(DataConfig(sources | {"reviews": reviews}))


def test_too_many_refused_stops_the_reading_and_an_empty_table_does_not() -> None:
    with pytest.raises(TooManyRefusedError, match=r"surveys: 1 of 2 rows.*unknown_kind.*\n.*kind = 'stars'"):
        tables_of(limit=0.4, surveys=[{"kind": "stars"}])
    empty = tables_from_frame(BOUGHT, others={"loyalty": pd.DataFrame(columns=["customer_id", "changed_at"])})
    assert (empty.reports["loyalty"].read, empty.reports["loyalty"].first_day) == (0, None)
    assert accepted(empty, "loyalty") == []


def test_lines_that_repeat_an_earlier_one_are_refused_where_the_rules_say_so() -> None:
    frame = pd.concat([BOUGHT, BOUGHT, BOUGHT.assign(amount="1"), BOUGHT])
    kept = tables_from_frame(frame)
    assert (kept.reports["transactions"].accepted, kept.reports["transactions"].repeated) == (4, 2)
    dropped = tables_from_frame(frame, refused_share_limit=0.5, rules=Rules(keep_repeated_lines=False))
    assert dropped.reports["transactions"].refused_by_reason == {"repeated_row": 2}
    assert dropped.transactions.source_row.to_pyarrow().to_pylist() == [1, 3]
    assert dropped.rules.cancelled_orders == "drop"


def test_what_is_told_later_is_not_known_before() -> None:
    tables = tables_of(
        interactions=[{"resolved_at": "2026-11-23 10:00", "reopened": "yes", "known_at": "2026-11-21"}],
        customers=[{"customer_id": "c-8", "signed_up_at": None}],
    )

    def known(day: int, name: str = "interactions") -> list[dict[str, Any]]:
        rows = tables.known(name, date(2026, 11, day))
        assert rows is not None
        return rows.order_by("source_row").to_pyarrow().to_pylist()

    assert [row["source_row"] for row in known(20)] == [1]
    assert [row["resolved_day"] for row in known(22)] == [None, None]
    assert known(22)[1]["reopened"] is None
    assert known(23)[1]["reopened"] is True
    assert [row["customer_id"] for row in known(1, "customers")] == ["c-7f", "c-8"]
    assert tables.known("loyalty", date(2026, 11, 20)) is None


def test_a_table_without_a_time_or_a_number_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text("customer_id,timestamp,amount\na,2025-01-01,1\nb,2025-01-02,2\n")
    (tmp_path / "people.csv").write_text("customer_id,country\nb,JP\na,TW\n")
    sources = {"transactions": "sales.csv", "customers": "people.csv"}
    tables = read_tables(DataConfig({name: Source(str(tmp_path / file)) for name, file in sources.items()}))
    assert tables.reports["customers"].accepted == 2


WORDS = (
    "",
    "c-7f",
    "00123",
    "nps",
    "CSAT",
    "11",
    "-1",
    "3",
    "inf",
    "2026-11-20",
    "2026-11-19 08:00",
    "3/4/2026",
)


@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_every_row_of_every_table_is_accepted_or_refused_once(data: st.DataObject) -> None:
    cell = st.sampled_from(WORDS)
    changes = {
        name: data.draw(st.lists(st.dictionaries(st.sampled_from(list(good)), cell, max_size=2), max_size=30))
        for name, good in GOOD.items()
    }
    tables = tables_of(1.0, "USD", **changes)
    for name, rows in changes.items():
        assert tables.reports[name].read == len(rows) + 1
        assert set(refused(tables, name).values()) == set(tables.reports[name].refused_by_reason)
        assert all(row["customer_id"] for row in accepted(tables, name))
