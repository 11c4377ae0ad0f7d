from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import bindparam, select

from serving import tables
from serving.errors import StoreUnavailableError
from serving.prepared import Prepared
from serving.store import Store
from tests.serving.frames import HOSTILE_IDS, run_info, shop


def test_a_prepared_question_is_answered_as_sqlalchemy_answers_it(store: Store) -> None:
    store.publish(*shop(200), run=run_info())
    scores = tables.scores.c
    asked = select(scores.customer_id, scores.as_of, scores.margin_assumed, scores.churn_probability)
    asked = asked.where(scores.segment == bindparam("segment")).order_by(scores.customer_id)
    prepared = Prepared(store.database, asked)
    for segment in ("Champions", "At Risk", "nobody's"):
        with store.database.read() as connection:
            expected = connection.execute(asked, {"segment": segment}).mappings().all()
        found = prepared.rows(segment=segment)
        assert found == [dict(row) for row in expected]
        assert all(isinstance(row["as_of"], date) for row in found)


def test_ids_of_any_kind_are_looked_up(store: Store) -> None:
    scores, behaviour = shop(200)
    store.publish(scores, behaviour, run=run_info())
    there = list(scores["customer_id"])
    assert sorted(store.lookup([*there, "nobody", *there])) == sorted(there)
    assert set(HOSTILE_IDS) & set(there)
    assert store.lookup([]) == {}


def test_a_question_that_cannot_be_answered_is_told_as_unavailable(store: Store) -> None:
    prepared = Prepared(store.database, select(tables.tombstones.c.pseudonym))
    assert prepared.rows() == []
    with store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE runs RENAME TO elsewhere")
    if store.is_local:
        with pytest.raises(StoreUnavailableError):
            store.score("c-7f")
    with store.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO runs")
    assert store.score("c-7f") is None
