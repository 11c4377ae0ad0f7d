"""Tenures of subscriptions."""

from __future__ import annotations

from datetime import date

import ibis

from features.period import Period
from features.tenures import ENDED, STARTED, grouped_tenures


def test_an_end_refuses_the_renewal_of_its_period() -> None:
    start = date(2024, 1, 31)
    ends = [
        *(date(2024, 1, 31), date(2024, 2, 15), date(2024, 2, 29), date(2024, 3, 1)),
        *(date(2024, 3, 2), date(2025, 1, 31), None),
    ]
    subscriptions = ibis.memtable([(start, end) for end in ends], schema={STARTED: "date", ENDED: "date"})
    told = grouped_tenures(subscriptions, date(2025, 2, 1), Period.of("month")).to_pyarrow().to_pylist()
    assert [tuple(row.values()) for row in told] == [
        (0, True, 3),
        (1, True, 2),
        (11, True, 1),
        (12, False, 1),
    ]
