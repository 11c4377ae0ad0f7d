"""Rows in hand are accepted, refused and understood as the rows of a file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import combinations

import pandas as pd
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal

from features.contract import CONTRACT, day_of
from features.errors import RowsRefusedError
from features.intake import Intake
from features.layout import Layout
from features.reading_plans import MOST_PLANS
from features.sources import tables_from_frame
from features.tables import Tables
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop

AS_OF = date(2024, 12, 31)
AFTER_ALL = date(2030, 1, 1)
MANY = 1_000
FAULTS: list[tuple[str, dict[str, str | None], str]] = [
    ("transactions", {"amount": None}, "missing_amount"),
    ("transactions", {"amount": "twelve"}, "unreadable_amount"),
    ("transactions", {"amount": "inf"}, "non_finite_amount"),
    ("transactions", {"amount": "1e20"}, "out_of_range_amount"),
    ("transactions", {"timestamp": "3/4/2024"}, "ambiguous_timestamp"),
    ("transactions", {"timestamp": "2024-02-30"}, "unreadable_timestamp"),
    ("transactions", {"timestamp": "1812-01-01"}, "out_of_range_timestamp"),
    ("transactions", {"customer_id": "  "}, "missing_customer_id"),
    ("transactions", {"currency": "USD"}, "other_currency"),
    ("surveys", {"kind": "stars"}, "unknown_kind"),
    ("surveys", {"score": "11"}, "out_of_scale_score"),
    ("interactions", {"resolved_at": "2024-01-01"}, "too_early_resolved_at"),
    ("interactions", {"reopened": "perhaps"}, "unreadable_reopened"),
]
SOUND = {
    "transactions": {"customer_id": "c-7f", "timestamp": "2024-03-01T10:30:00+09:00", "amount": "¥1,234"},
    "surveys": {"customer_id": "c-7f", "submitted_at": "2024-03-01", "kind": " NPS", "score": "9"},
    "interactions": {"customer_id": "c-7f", "opened_at": "2024-03-01 10:00"},
}


@pytest.fixture(scope="module")
def frames() -> dict[str, pd.DataFrame]:
    shop = made_up_shop(21, customers=12, rows=250)
    return {"transactions": shop, **made_up_people(21, sorted(shop.customer_id.unique()))}


@pytest.fixture(scope="module")
def tables(frames: dict[str, pd.DataFrame]) -> Tables:
    others = {name: frame for name, frame in frames.items() if name != "transactions"}
    return tables_from_frame(
        frames["transactions"],
        others=others,
        zone="Asia/Tokyo",
        currency="JPY",
        rates={"EUR": Decimal("160.5")},
    )


@pytest.fixture(scope="module")
def intake(tables: Tables) -> Intake:
    return Intake(Layout.of(tables), "Asia/Tokyo", "JPY", ["Plan"])


def texts(frame: pd.DataFrame) -> list[dict[str, str | None]]:
    rows = frame.to_dict("records")
    return [{str(name): None if pd.isna(it) else str(it) for name, it in row.items()} for row in rows]


def read(rows: pa.Table) -> pd.DataFrame:
    frame = rows.to_pandas().drop(columns="source_row")
    ordered = frame.sort_values(list(frame.columns), ignore_index=True, key=lambda column: column.astype(str))
    return ordered.astype(object).where(ordered.notna(), None)


def test_every_table_is_read_as_a_file_is(
    frames: dict[str, pd.DataFrame], tables: Tables, intake: Intake
) -> None:
    accepted = intake.accepted({name: texts(frame) for name, frame in frames.items()}, AFTER_ALL)
    of_files = {"transactions": tables.transactions, **tables.optional}
    assert set(accepted) == set(of_files)
    for name, rows in accepted.items():
        expected = of_files[name].to_pyarrow()
        assert_frame_equal(read(rows.select(expected.column_names)), read(expected))


@pytest.mark.parametrize(("table", "amiss", "reason"), FAULTS)
def test_a_row_is_refused_for_the_reason_that_a_file_s_row_is(
    intake: Intake, table: str, amiss: dict[str, str | None], reason: str
) -> None:
    with pytest.raises(RowsRefusedError) as refused:
        intake.accepted({table: [SOUND[table], SOUND[table] | amiss]}, AS_OF)
    assert [(one.table, one.row, one.reason) for one in refused.value.refused] == [(table, 1, reason)]
    accepted = intake.accepted({table: [SOUND[table]]}, AS_OF)
    assert accepted[table].num_rows == 1


def test_rows_that_cannot_stand_beside_each_other_are_refused(intake: Intake) -> None:
    line, profile = SOUND["transactions"] | {"line_id": "7"}, {"customer_id": "c-7f"}
    with pytest.raises(RowsRefusedError) as refused:
        intake.accepted({"transactions": [line, line], "customers": [profile, profile]}, AS_OF)
    told = {(one.table, one.row, one.reason) for one in refused.value.refused}
    assert told == {("transactions", 1, "repeated_line_id"), ("customers", 1, "repeated_customer")}
    assert "c-7f" not in str(refused.value)


def test_another_currency_is_read_at_the_rate_of_the_data(intake: Intake) -> None:
    row = {**SOUND["transactions"], "amount": "€2", "currency": "EUR"}
    assert intake.accepted({"transactions": [row]}, AFTER_ALL)["transactions"]["amount"].to_pylist() == [321]


def test_a_time_with_an_offset_is_told_in_the_business_zone(intake: Intake) -> None:
    row = SOUND["transactions"] | {"timestamp": "2024-03-01T20:30:00Z"}
    accepted = intake.accepted({"transactions": [row]}, AS_OF)
    assert accepted["transactions"]["day"].to_pylist() == [date(2024, 3, 2)]
    assert str(accepted["transactions"]["amount"][0]) == "1234.0000"


def test_a_customer_s_row_is_there_once_it_is_known(intake: Intake) -> None:
    profiles = [
        {"customer_id": "c-7f", "signed_up_at": "2024-03-01", "Plan": "Gold"},
        {"customer_id": "00123", "signed_up_at": "2024-03-01", "known_at": "2025-01-01", "Plan": "Free"},
    ]
    for as_of, plans in ((AS_OF, ["Gold"]), (AFTER_ALL, ["Gold", "Free"])):
        known = intake.accepted({"customers": profiles}, as_of)["customers"]
        assert known["Plan"].to_pylist() == plans


def test_a_row_is_read_alike_whichever_columns_it_says_something_in(
    frames: dict[str, pd.DataFrame], intake: Intake
) -> None:
    row = texts(frames["transactions"])[0] | {"line_id": "7", "discount": "0.5", "known_at": "2024-12-30"}
    optional = sorted(row.keys() - CONTRACT["transactions"].required)
    whole = intake.accepted({"transactions": [row]}, AS_OF)["transactions"].to_pylist()[0]
    silent = intake.accepted({"transactions": [SOUND["transactions"]]}, AS_OF)["transactions"].to_pylist()[0]
    sets = [set(few) for size in (1, 2) for few in combinations(optional, size)]
    assert len(sets) > 2 * MOST_PLANS
    for said in sets:
        few = row | dict.fromkeys(set(optional) - said)
        (told,) = intake.accepted({"transactions": [few]}, AS_OF)["transactions"].to_pylist()
        unsaid = {day_of(name) if name == "known_at" else name for name in set(optional) - said}
        assert told == whole | {name: silent[name] for name in unsaid if name in silent}
    assert len(intake._plans["transactions"]._plans) == MOST_PLANS


def test_nothing_of_what_was_asked_stays(intake: Intake) -> None:
    for _ in range(2):
        accepted = intake.accepted({"transactions": [SOUND["transactions"]] * MANY}, AS_OF)
        assert accepted["transactions"].num_rows == MANY
    assert intake.accepted({}, AS_OF) == {}


def test_a_layout_is_kept_as_json(tables: Tables) -> None:
    layout = Layout.of(tables)
    assert Layout.from_dict(layout.to_dict()) == layout
    assert set(layout.tables) == {"transactions", *tables.optional}
