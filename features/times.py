"""Text to moments: local wall time in the business zone.

Read are ISO 8601 (``2026-11-22``, ``2026-11-22T10:30:00.5+09:00``, ``… UTC``, ``20261122``),
``2026/11/22 10:30``, ``2026年11月22日 10時30分``, ``22.11.2026`` (dots: the day comes first) and, where the
column as a whole leaves no doubt which number is the day, ``11/22/2026 3:05 PM`` or ``22-11-2026``. Two-digit
years and counts of seconds are never guessed.

A time with an offset is converted to the zone. A time without one is taken to be local: it is wall time
already, so the hours that a change of the clocks skips or repeats need no decision.
"""

from __future__ import annotations

from datetime import datetime
from difflib import get_close_matches
from functools import cache
from zoneinfo import available_timezones

import ibis
from ibis.expr.types import (
    BooleanScalar,
    BooleanValue,
    StringColumn,
    StringValue,
    TimestampValue,
)

from features.errors import UnknownZoneError
from features.widths import narrowed

__all__ = ["EARLIEST", "LATEST", "checked_zone", "is_day_first", "is_undecided", "local_times"]

EARLIEST = datetime(1900, 1, 1)  # noqa: DTZ001  wall time has no zone
LATEST = datetime(2200, 1, 1)  # noqa: DTZ001  the same; itself out of range

_PLAIN = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?)?$"
_PLAIN_AWARE = r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-](0\d|1[0-8])(:?[0-5]\d)?)$"
_OFFSET = r"(?i)\d ?(z|utc|gmt|[+-](0\d|1[0-8]):?[0-5]\d)$"
_TWELVE_HOURS = r"(?i)\d ?[ap]m$"
_EITHER_ORDER = r"^(\d{1,2})[/-](\d{1,2})[/-](\d{4})\b"
_SURELY_DAY_FIRST = r"^(1[3-9]|2\d|3[01])[/-](0?[1-9]|1[0-2])[/-]\d{4}\b"
_SURELY_MONTH_FIRST = r"^(0?[1-9]|1[0-2])[/-](1[3-9]|2\d|3[01])[/-]\d{4}\b"

_DAY_FIRST = (_EITHER_ORDER, r"\3-\2-\1")
_MONTH_FIRST = (_EITHER_ORDER, r"\3-\1-\2")
_TO_ISO = (
    (r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)", r"\1-\2-\3 \4:\5:\6"),
    (r"^(\d{4})(\d\d)(\d\d)(T|\b)", r"\1-\2-\3\4"),
    (r"日(\d)", r" \1"),
    (r"^(\d{4})[-/.年] ?(\d{1,2})[-/.月] ?(\d{1,2})日?", r"\1-\2-\3"),
    (r"^(\d{1,2})\.(\d{1,2})\.(\d{4})", r"\3-\2-\1"),
    (r"^(\d+-\d+-\d+)[T ]*(\d{1,2})[:時] ?(\d{1,2})", r"\1 \2:\3"),
    (r"分 ?(\d{1,2})秒", r":\1"),
    (r"分$", ""),
)
_ISO_ZONE = (
    (r"(?i) ?(?:z|utc|gmt)$", "+00:00"),
    (r" ?([+-]\d\d):?(\d\d)$", r"\1:\2"),
    (r"( \d+:\d+)([+-]\d\d:\d\d)$", r"\1:00\2"),
)
_ISO_HALF_DAY = (
    (r"(?i) ?([ap]m)$", r" \1"),
    (r"(?i)( \d+:\d+)( [ap]m)$", r"\1:00\2"),
)
_DAY_OR_MOMENT = r"^\d{4}-\d{1,2}-\d{1,2}( \d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?)?$"
_INSTANT = r"^\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?[+-]\d\d:\d\d$"


@ibis.udf.scalar.builtin(signature=(("string", "timestamp"), "timestamp"))
def timezone(zone, moment):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return what clocks in ``zone`` show at ``moment``: a function of DuckDB (and of Postgres)."""


@ibis.udf.scalar.builtin(signature=(("string", "string"), "timestamp"))
def try_strptime(text, template):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Return ``text`` read by ``template``, or null where it does not fit: a function of DuckDB."""


def checked_zone(zone: str | None) -> str:
    """Return ``zone``, or "UTC" where it is None; raises `UnknownZoneError` with the nearest names."""
    if zone is None:
        return "UTC"
    if zone not in _zones():
        raise UnknownZoneError(
            f"There is no time zone {zone!r}.",
            which=get_close_matches(zone, _zones(), n=3),
            mend='Give its IANA name, such as "Asia/Tokyo" or "UTC".',
        )
    return zone


@cache
def _zones() -> frozenset[str]:
    """Return the names of the zones, looked up once: they are files, some hundreds."""
    return frozenset(available_timezones())


def is_day_first(text: StringColumn) -> BooleanScalar:
    """Return, over a whole column, whether dates like 3/4/2026 begin with the day; null where in doubt."""
    bare = text.strip()
    day = bare.re_search(_SURELY_DAY_FIRST).any().fill_null(False)
    month = bare.re_search(_SURELY_MONTH_FIRST).any().fill_null(False)
    return (day != month).ifelse(day, ibis.null("boolean"))


def is_undecided(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is a date of which only its column can tell which number is the day."""
    return text.strip().re_search(_EITHER_ORDER)


def local_times(text: StringValue, zone: str, *, day_first: bool | None) -> TimestampValue:
    """Return the local wall time in ``zone`` that ``text`` names; null where it names none.

    ``day_first`` says how dates like 3/4/2026 are written; where it is None, they are not read.
    """
    bare = text.strip()
    order = {True: (_DAY_FIRST,), False: (_MONTH_FIRST,), None: ()}[day_first]
    iso = _rewritten(narrowed(text), (*order, *_TO_ISO))
    instant = _rewritten(iso, _ISO_ZONE).re_extract(_INSTANT, 0)
    half_day = _rewritten(iso, _ISO_HALF_DAY)
    return ibis.cases(
        (text.re_search(_PLAIN), text.try_cast("timestamp")),
        (text.re_search(_PLAIN_AWARE), timezone(zone, text.try_cast("timestamp('UTC')"))),
        (bare.re_search(_OFFSET), timezone(zone, instant.try_cast("timestamp('UTC')"))),
        (bare.re_search(_TWELVE_HOURS), try_strptime(half_day, "%Y-%m-%d %I:%M:%S %p")),
        else_=iso.re_extract(_DAY_OR_MOMENT, 0).try_cast("timestamp"),
    )


def _rewritten(text: StringValue, rules: tuple[tuple[str, str], ...]) -> StringValue:
    for pattern, replacement in rules:
        text = text.re_replace(pattern, replacement)
    return text
