"""Text to local wall time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import UnknownZoneError
from features.times import checked_zone, is_day_first, local_times


def read(
    texts: list[str], zone: str = "Asia/Tokyo", *, day_first: bool | None = None
) -> list[datetime | None]:
    table = ibis.memtable({"position": range(len(texts)), "text": texts})
    moment = local_times(table.text, zone, day_first=day_first)
    rows = ibis.duckdb.connect().to_pyarrow(table.select("position", moment=moment).order_by("position"))
    return rows["moment"].to_pylist()


HALF_PAST_TEN = [
    "2026-11-22 10:30",
    "2026-11-22T10:30:00",
    "2026-11-22 10:30:00.000000999",
    "2026/11/22 10:30",
    "2026-11-22 1:30 UTC",
    "2026-11-22T01:30Z",
    "2026-11-22T01:30:00.000Z",
    "2026-11-22 01:30:00+00",
    "2026-11-22T10:30:00+09:00",
    "2026-11-21 20:30:00 -0500",
    "20261122103000",
    "20261122T013000Z",
    "2026年11月22日 10時30分",
    "2026年11月22日10時30分00秒",
    "２０２６年１１月２２日　１０：３０",
    "22.11.2026 10:30",
    "2026.11.22 10:30:00",
    "2026/11/22 10:30 AM",
    "2026-11-22 10:30am",
    " 2026-11-22 01:30 UTC ",
]
MIDNIGHT = ["2026-11-22", "20261122", "2026/11/22", "2026年11月22日", "22.11.2026", " 2026-11-22 "]
NEVER = [
    "",
    "soon",
    "now",
    "epoch",
    "infinity",
    "2026",
    "2026-11",
    "20261",
    "1763773200",
    "1763773200000",
    "12.5",
    "2026-02-29",
    "2026-13-01",
    "2026-11-22 10:60",
    "2026-11-22 13:05 PM",
    "2026-11-22 10:30:00+25:00",
    "2026-11-22 10:30:00 Asia/Tokyo",
    "3/4/2026",
    "2026-11-22; DROP TABLE transactions",
]


def test_every_way_to_write_a_moment_means_the_same() -> None:
    assert set(read(HALF_PAST_TEN)) == {datetime(2026, 11, 22, 10, 30)}
    assert set(read(MIDNIGHT)) == {datetime(2026, 11, 22)}


def test_what_is_no_moment_is_not_guessed() -> None:
    assert dict(zip(NEVER, read(NEVER), strict=True)) == dict.fromkeys(NEVER)


def test_the_twelve_hour_clock() -> None:
    texts = ["11/22/2026 12:05 AM", "11/22/2026 12:05 PM", "11/22/2026 3:05:30 pm"]
    hours = [datetime(2026, 11, 22, 0, 5), datetime(2026, 11, 22, 12, 5), datetime(2026, 11, 22, 15, 5, 30)]
    assert read(texts, day_first=False) == hours


@pytest.mark.parametrize(
    ("texts", "day_first", "read_as"),
    [
        (["3/4/2026", "22/11/2026"], True, datetime(2026, 4, 3)),
        (["3-4-2026", "11-22-2026"], False, datetime(2026, 3, 4)),
        (["3/4/2026", "5/6/2026"], None, None),
        (["3/4/2026", "22/11/2026", "11/22/2026"], None, None),
        (["3/4/2026", "22/11/2026", "13/13/2026", "32/1/2026"], True, datetime(2026, 4, 3)),
        (["3/4/2026", None, "nonsense", "2026-11-22"], None, None),
    ],
)
def test_the_column_decides_whether_the_day_comes_first(
    texts: list[str], *, day_first: bool | None, read_as: datetime | None
) -> None:
    column = ibis.memtable({"text": texts}, schema={"text": "string"}).text
    assert ibis.duckdb.connect().to_pyarrow(is_day_first(column)).as_py() is day_first
    assert read(texts[:1], day_first=day_first) == [read_as]


def test_wall_time_that_a_change_of_clocks_skips_or_repeats_is_kept() -> None:
    skipped, repeated = "2026-03-29 02:30:00", "2026-10-25 02:30:00"
    assert read([skipped, repeated], "Europe/Berlin") == [
        datetime(2026, 3, 29, 2, 30),
        datetime(2026, 10, 25, 2, 30),
    ]
    assert read(["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"], "Europe/Berlin") == [
        datetime(2026, 10, 25, 2, 30),
        datetime(2026, 10, 25, 2, 30),
    ]


@settings(max_examples=10, deadline=None)
@given(
    moments=st.lists(
        st.datetimes(datetime(1990, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC)), min_size=1
    ),
    offset=st.integers(-18 * 60 + 1, 18 * 60 - 1),
    zone=st.sampled_from(["Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
)
def test_aware_times_are_converted_as_zoneinfo_does(moments: list[datetime], offset: int, zone: str) -> None:
    written = [m.astimezone(timezone(timedelta(minutes=offset))).isoformat() for m in moments]
    assert read(written, zone) == [m.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for m in moments]


def test_a_zone_that_does_not_exist_is_refused_with_the_nearest() -> None:
    assert checked_zone(None) == "UTC"
    assert checked_zone("Asia/Tokyo") == "Asia/Tokyo"
    with pytest.raises(UnknownZoneError, match="Asia/Tokyo"):
        checked_zone("Asia/Tokio")
