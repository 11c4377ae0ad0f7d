"""The value at a customer's latest row, as one aggregate: no sort, the same on every engine and in any order.

A time and a small whole number are packed into 64 bits, the time above the number. So the largest of them is
the latest, and of rows at the same second the one with the largest number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["LARGEST", "packed", "seconds_between", "unpacked"]

_PLACES = 500_000_000
LARGEST = _PLACES - 1
"""The largest number that is packed; as seconds, almost 16 years."""
_START = ibis.timestamp("1900-01-01 00:00:00")
"""The contract's tables hold no earlier time, and none after 2199: 300 years of seconds leave room enough."""


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    """Return the whole seconds from ``start`` to ``end``, both cut to the second: engines round differently.

    The times are local wall times: across a change of the clocks the hour counts as the wall shows it.
    """
    return end.truncate("s").delta(start.truncate("s"), unit="second")


def packed(time: ir.TimestampValue, number: ir.IntegerValue) -> ir.IntegerValue:
    """Return ``time`` and ``number`` (0 to `LARGEST`) as one int64, null where either is null."""
    return seconds_between(_START, time) * _PLACES + number


def unpacked(latest: ir.IntegerValue) -> ir.IntegerValue:
    """Return the number within a maximum of `packed`."""
    return latest % _PLACES
