"""At any moment the optional tables tell what was known of them then: on two clocks, by local days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cache

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.behaviour.anniversaries import days_to_monthly, days_to_yearly
from features.behaviour.families import EVENT_FAMILIES
from features.catalogue import CATALOGUE
from features.contract import CONTRACT, Kind, day_of
from features.engine import kept_rows
from features.reference import reference_at, references_at
from features.table import behaviour_panel, behaviour_table
from features.tables import Tables
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop, tables_of

ZONE = "America/New_York"
MOMENTS = (date(2024, 2, 29), date(2024, 3, 9))
"""New York turns its clocks on 2024-03-10."""
NAMES = [feature.name for feature in CATALOGUE if feature.family in EVENT_FAMILIES]
SHOP = made_up_shop(5, customers=8, rows=60)
PEOPLE = made_up_people(5, sorted(SHOP.customer_id.unique()), rows=40)


def known(tables: Tables, *moments: date) -> pa.Table:
    """Return the families of the optional tables for every customer who had bought by each of ``moments``."""
    panel = behaviour_panel(tables, references_at(tables, moments))
    return panel.select(["as_of", "customer_id", *NAMES])


@cache
def everything() -> Tables:
    return tables_of(SHOP, ZONE, PEOPLE)


@cache
def known_of_all(as_of: date) -> pa.Table:
    return known(everything(), as_of)


def by_then(name: str, frame: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return the rows of a table as somebody would have written them down at the end of ``as_of``."""
    contract, end = CONTRACT[name], pd.Timestamp(as_of) + pd.Timedelta(1, "D")
    later = {
        column.name: frame[column.told_by] >= end
        for column in contract.columns
        if column.told_by and column.name in frame
    }
    rows = frame.assign(**{column: frame[column].mask(hidden) for column, hidden in later.items()})
    return rows[~(frame[contract.time] >= end) & ~(frame["known_at"] >= end)]


def test_a_moment_is_as_it_was_written_down_then() -> None:
    as_of = MOMENTS[0]
    then = {name: by_then(name, frame, as_of) for name, frame in PEOPLE.items()}
    assert all(len(then[name]) < len(frame) for name, frame in PEOPLE.items())
    assert known(tables_of(SHOP, ZONE, then), as_of) == known_of_all(as_of)


LATER = st.tuples(
    st.sampled_from(sorted(PEOPLE)),
    st.sampled_from([*sorted(SHOP.customer_id.unique()), "new", "stranger"]),
    st.one_of(st.sampled_from([0, 1, 3_599, 3_600, 86_399]), st.integers(0, 400 * 86_400)),
    st.booleans(),
    st.integers(0, 39),
)
"""In which table, of whom, how many seconds after the moment, whether it happened or was only known then, and
which row gives the other columns."""


@settings(max_examples=3, deadline=None)
@given(as_of=st.sampled_from(MOMENTS), later=st.lists(LATER, min_size=4, max_size=20))
def test_what_happens_or_is_known_later_changes_nothing(
    as_of: date, later: list[tuple[str, str, int, bool, int]]
) -> None:
    midnight = datetime.combine(as_of + timedelta(days=1), time.min)
    tables = everything()
    optional = dict(tables.optional)
    for name, customer, seconds, happens, like in later:
        moment = midnight + timedelta(seconds=seconds)
        rows = tables.optional[name].to_pyarrow()
        row = rows.slice(like % len(rows), 1).to_pylist()[0] | {"customer_id": customer}
        times = {it.name for it in CONTRACT[name].columns if it.kind is Kind.TIME} - {"known_at"}
        news = dict.fromkeys(times, moment) if happens else {"known_at": moment}
        days = {day_of(column): moment.date() for column in news}
        schema = tables.optional[name].schema()
        added = pa.Table.from_pylist([row | news | days], schema=schema.to_pyarrow())
        optional[name] = optional[name].union(kept_rows(tables.connection, "added", added))
    assert known(replace(tables, optional=optional), as_of) == known_of_all(as_of)


def told(moments: Sequence[str], **columns: Mapping[str, Sequence[object]]) -> list[dict[str, float | None]]:
    """Return the features of the one customer of a shop at each of ``moments``; ``columns`` by table."""
    bought = pd.DataFrame({"customer_id": ["c-7f"], "timestamp": ["2024-01-31"], "amount": [5]})
    frames = {name: pd.DataFrame({"customer_id": "c-7f", **values}) for name, values in columns.items()}
    tables = tables_of(bought, ZONE, frames)
    return known(tables, *(date.fromisoformat(moment) for moment in moments)).to_pylist()


def test_a_contact_is_answered_from_its_local_day_on() -> None:
    ticket = {
        "opened_at": ["2024-03-10T04:59:59Z"],
        "first_response_at": ["2024-03-11T04:00:00Z"],
        "resolved_at": ["2024-12-31T23:59:59-05:00"],
    }
    moments = ("2024-03-09", "2024-03-10", "2024-03-11", "2024-12-30", "2024-12-31")
    opened, waiting, answered, last, resolved = told(moments, interactions=ticket)
    assert (opened["tickets"], opened["unanswered_days"], waiting["unanswered_days"]) == (1, 0, 1)
    assert (answered["unanswered_days"], answered["unanswered_tickets"]) == (None, 0)
    assert (waiting["last_first_response_hours"], waiting["mean_first_response_hours"]) == (None, None)
    # From 23:59:59 to midnight two days on: the wall clock shows the hour that was skipped.
    assert answered["last_first_response_hours"] == pytest.approx(24 + 1 / 3600)
    assert (last["unresolved_tickets"], resolved["unresolved_tickets"]) == (1, 0)


RETURNS = [
    ("2024-01-31", "2024-02-28", 1, 338),
    ("2024-01-31", "2024-02-29", 31, 337),
    ("2024-02-29", "2025-02-27", 1, 1),
    ("2024-02-29", "2025-02-28", 29, 365),
    ("2024-02-29", "2027-03-01", 28, 365),
    ("2023-03-01", "2024-02-29", 1, 1),
    ("2024-12-31", "2024-12-31", 31, 365),
    ("2024-06-15", "2024-06-16", 29, 364),
]
"""What began, and the days from a moment to its monthly and its yearly return."""


def test_anniversaries_of_short_months_and_leap_years() -> None:
    schema = {"start": "date", "at": "date", "monthly": "int64", "yearly": "int64"}
    dated = [(date.fromisoformat(start), date.fromisoformat(at), *days) for start, at, *days in RETURNS]
    rows = ibis.memtable(dated, schema=schema)
    days = rows.select(
        "start",
        "at",
        monthly=days_to_monthly(rows.start, rows.at),
        yearly=days_to_yearly(rows.start, rows.at),
    )
    answers = [tuple(row.values()) for row in days.to_pyarrow().to_pylist()]
    assert sorted(answers) == sorted(dated)


def test_what_the_table_does_not_tell_is_null_and_what_did_not_happen_is_zero() -> None:
    bought = pd.DataFrame({"customer_id": ["c-7f"], "timestamp": ["2024-01-31"], "amount": [5]})
    later = pd.DataFrame(
        {"customer_id": ["c-7f"], "opened_at": ["2030-01-01"], "resolved_at": ["2030-01-01"]}
    )
    tables, as_of = tables_of(bought, ZONE, {"interactions": later}), MOMENTS[0]
    (row,) = behaviour_table(tables, as_of, reference_at(tables, as_of)).to_pyarrow().to_pylist()
    assert (row["tickets"], row["tickets_91d"], row["unresolved_tickets"], row["tickets_per_order"]) == (
        0,
    ) * 4
    assert (row["days_since_last_ticket"], row["mean_resolution_hours"]) == (None, None)
    assert (row["unanswered_tickets"], row["support_topics"], row["reopened_tickets"]) == (None,) * 3
    assert (row["offers"], row["survey_answers"], row["tier_changes"]) == (None,) * 3


def test_a_survey_without_a_score_is_a_silence_and_no_zero() -> None:
    surveys = {
        "submitted_at": ["2024-02-01", "2024-02-02", "2024-02-03"],
        "kind": ["nps", "csat", "nps"],
        "score": [9, 2, None],
    }
    (row,) = told(["2024-02-29"], surveys=surveys)
    assert (row["last_nps"], row["nps_detractor"], row["last_csat"], row["last_ces"]) == (9, 0, 2, None)
    assert (row["last_survey_unanswered"], row["unanswered_survey_share"]) == (1, pytest.approx(1 / 3))
    assert (row["nps_trend"], row["days_since_last_answer"]) == (None, 27)


def test_support_without_a_purchase_makes_no_customer() -> None:
    ticket = pd.DataFrame({"customer_id": ["only-asks", "c-7f"], "opened_at": ["2024-02-01", "2024-02-02"]})
    bought = pd.DataFrame({"customer_id": ["c-7f"], "timestamp": ["2024-01-31"], "amount": [5]})
    table = known(tables_of(bought, ZONE, {"interactions": ticket}), MOMENTS[0])
    assert table["customer_id"].to_pylist() == ["c-7f"]
