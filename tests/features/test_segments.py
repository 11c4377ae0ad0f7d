"""The ten segments and the cycle status."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from features.reference import Reference, reference_at
from features.segments import CYCLE_STATUSES, SEGMENTS, cycle_status, segment
from features.table import behaviour_table
from tests.features.shop import made_up_shop, tables_of

REFERENCE = Reference(date(2024, 1, 1), 100, (10, 20, 30, 40), (1, 2, 3, 4))
RECENCY = {5: 10, 4: 20, 3: 30, 2: 40, 1: 41}
ORDERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}


@pytest.mark.parametrize(
    ("name", "recencies", "frequencies"),
    [
        ("Champions", (5,), (4, 5)),
        ("Loyal", (3, 4), (4, 5)),
        ("Potential Loyalists", (4, 5), (2, 3)),
        ("New", (5,), (1,)),
        ("Promising", (4,), (1,)),
        ("Need Attention", (3,), (3,)),
        ("About to Sleep", (3,), (1, 2)),
        ("At Risk", (1, 2), (3, 4)),
        ("Can't Lose Them", (1, 2), (5,)),
        ("Hibernating", (1, 2), (1, 2)),
    ],
)
def test_the_grid_is_the_designs(name: str, recencies: tuple[int, ...], frequencies: tuple[int, ...]) -> None:
    cells = [(RECENCY[r], ORDERS[f]) for r in recencies for f in frequencies]
    found = segment([recency for recency, _ in cells], [orders for _, orders in cells], REFERENCE)
    assert set(found) == {name}


def test_where_half_have_one_order_they_share_the_lowest_score() -> None:
    reference = Reference(date(2024, 1, 1), 10, (0, 0, 0, 0), (1, 1, 2, 3))
    assert segment([0, 0, 0, 0], [1, 2, 3, 4], reference).tolist() == [
        "New",
        "Potential Loyalists",
        "Champions",
        "Champions",
    ]


def test_scores_in_the_table_are_those_of_the_segments() -> None:
    tables = tables_of(made_up_shop(seed=8))
    reference = reference_at(tables, date(2024, 12, 31))
    table = behaviour_table(tables, reference.as_of, reference).to_pandas()
    found = segment(table.days_since_last_order, table.orders, reference)
    by_scores = segment(table.recency_score.map(RECENCY), table.frequency_score.map(ORDERS), REFERENCE)
    assert (found == by_scores).all()
    assert len(set(found)) > 5


def test_cycle_status_by_the_own_median_interval() -> None:
    recency = np.array([12, 13, 20, 21, 40, 41, 500])
    statuses = cycle_status(recency, [10, 10, 10, 10, 10, 10, np.nan]).tolist()
    assert statuses == ["on_rhythm", "slowing", "slowing", "sleeping", "sleeping", "lapsed", None]


def test_every_name_has_its_japanese() -> None:
    assert len({label.name_ja for label in SEGMENTS}) == len(SEGMENTS) == 10
    assert [label.name_ja for label in CYCLE_STATUSES] == ["順調", "離反予備軍", "休眠", "離脱"]
