"""Text to moments: local wall time in the business zone.

Read are ISO 8601 (``2026-11-22``, ``2026-11-22T10:30:00.5+09:00``, ``… UTC``, ``20261122``), ``2026/11/22
10:30``, ``2026年11月22日 10時30分``, ``22.11.2026`` (dots: the day comes first) and, where the column as
a whole leaves no doubt which number is the day, ``11/22/2026 3:05 PM`` or ``22-11-2026``. Two-digit years
and counts of seconds are never guessed.

A time with an offset is converted to the zone. A time without one is taken to be local: it is wall time
already, so the hours that a change of the clocks skips or repeats need no decision.
"""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from itertools import product
from zoneinfo import available_timezones

import ibis
from ibis.expr.types import BooleanScalar, BooleanValue, StringColumn, StringValue, TimestampValue

from features.errors import UnknownZoneError

__all__ = ["EARLIEST", "LATEST", "checked_zone", "is_aware", "is_day_first", "is_undecided", "local_times"]

EARLIEST = datetime(1900, 1, 1)  # noqa: DTZ001  wall time has no zone
LATEST = datetime(2200, 1, 1)  # noqa: DTZ001  the same; itself out of range

_DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%Y", "%Y%m%d")
_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y")
_HOURS = ("%H:%M:%S", "%H:%M:%S.%f", "%H:%M", "%I:%M %p", "%I:%M:%S %p", "%H時%M分%S秒", "%H時%M分", "%H%M%S")
_TIMES = ("", *(mark + hours for mark, hours in product((" ", "T", ""), _HOURS)))
_WIDE, _NARROW = "０１２３４５６７８９／：－．　", "0123456789/:-. "

_ISO = r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?$"
_ISO_AWARE = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)$"
_OFFSET = r"(?i)\d ?(z|utc|gmt|[+-](0\d|1[0-8]):?[0-5]\d)$"
_DATELIKE = r"^(\d{8}|\d{14}|\d{8}T\d{6}.*|\d{1,4}[^\d].*)$"
_EITHER_ORDER = r"^(\d{1,2})[/-](\d{1,2})[/-]\d{4}\b"
_MONTHS = 12


@ibis.udf.scalar.builtin(signature=(("string", "timestamp"), "timestamp"))
def timezone(zone, moment):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what clocks in ``zone`` show at ``moment``: a function of DuckDB (and of Postgres)."""


@ibis.udf.scalar.builtin(signature=(("string", "array<string>"), "timestamp"))
def try_strptime(text, formats):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return ``text`` read by the first of ``formats`` that fits, or null: a function of DuckDB."""


def checked_zone(zone: str | None) -> str:
    """Return ``zone``, or "UTC" where it is None; raises `UnknownZoneError` with the nearest names."""
    known = available_timezones()
    if zone is not None and zone not in known:
        raise UnknownZoneError(
            f"There is no time zone {zone!r}.",
            which=get_close_matches(zone, known, n=3),
            mend='Give its IANA name, such as "Asia/Tokyo" or "UTC".',
        )
    return zone or "UTC"


def is_day_first(text: StringColumn) -> BooleanScalar:
    """Return, over a whole column, whether dates like 3/4/2026 begin with the day; null where in doubt."""
    first = text.re_extract(_EITHER_ORDER, 1).try_cast("int8").max() > _MONTHS
    second = text.re_extract(_EITHER_ORDER, 2).try_cast("int8").max() > _MONTHS
    return (first != second).ifelse(first, ibis.null("boolean"))


def is_undecided(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is a date of which only its column can tell which number is the day."""
    return text.re_search(_EITHER_ORDER)


def is_aware(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says its offset from UTC."""
    return text.re_search(_OFFSET) | text.re_search(_ISO_AWARE)


def local_times(text: StringValue, zone: str, *, day_first: bool | None) -> TimestampValue:
    """Return the local wall time in ``zone`` that ``text`` names; null where it names none.

    ``day_first`` says how dates like 3/4/2026 are written; where it is None, they are not read.
    """
    iso = text.re_search(_ISO).ifelse(text.try_cast("timestamp"), ibis.null("timestamp"))
    instant = text.re_search(_ISO_AWARE).ifelse(_instant(text), ibis.null("timestamp"))
    return ibis.coalesce(iso, timezone(zone, instant), _other_times(text, zone, day_first=day_first))


def _instant(text: StringValue) -> TimestampValue:
    return text.try_cast("timestamp('UTC')")


def _other_times(text: StringValue, zone: str, *, day_first: bool | None) -> TimestampValue:
    orders = {None: (), True: _DAY_FIRST, False: _MONTH_FIRST}[day_first]
    naive = [date + time for date, time in product((*_DATES, *orders), _TIMES)]
    aware = [date + time + "%z" for date, time in product((*_DATES, *orders), _TIMES) if time]
    text = text.translate(_WIDE, _NARROW).strip()
    tidy = text.re_replace(r"(\.\d{6})\d+", r"\1").re_replace(r"(?i)(\d) ?(am|pm)$", r"\1 \2")
    tidy = tidy.re_replace(r"(?i) ?(z|utc|gmt)$", "+00:00").re_replace(r" ([+-]\d\d:?\d\d)$", r"\1")
    read = text.re_search(_OFFSET).ifelse(
        timezone(zone, try_strptime(tidy, aware)), try_strptime(tidy, naive)
    )
    return text.re_search(_DATELIKE).ifelse(read, ibis.null("timestamp"))
