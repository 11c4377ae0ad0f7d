from __future__ import annotations

import math
import sqlite3
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, select

from serving import pruning, publishing, tables
from serving.archive import whole_behaviour, whole_scores
from serving.errors import (
    RunExistsError,
    RunOvertakenError,
    ScoresRefusedError,
    StoreError,
    StoreUnavailableError,
)
from serving.retention import Retention
from serving.store import AtRiskFilter, Position, Sort, Store
from tests.serving.frames import HOSTILE_IDS, VERSION, reason_of, run_info, shop
from training.score_schema import SCORE_COLUMNS, ChurnBand, ScoreStatus


def rows_in(store: Store, table: str) -> int:
    with store.database.read() as connection:
        return int(
            connection.execute(select(func.count()).select_from(tables.metadata.tables[table])).scalar_one()
        )


def test_an_empty_store_knows_nothing_and_breaks_nothing(store: Store) -> None:
    assert store.current_run() is None
    assert store.runs() == []
    assert store.score("c-7f") is None
    assert store.lookup(["c-7f"]) == {}
    assert store.at_risk(AtRiskFilter()) == []
    assert store.behaviour("run-1", ["c-7f"]).empty
    assert store.prune() == 0


def test_a_score_comes_back_as_it_was_published_to_the_last_bit(store: Store) -> None:
    scores, behaviour = shop()
    assert store.publish(scores, behaviour, run=run_info()) == "run-1"
    for row in scores.to_dict("records"):
        found = store.score(row["customer_id"])
        assert found is not None
        assert tuple(found) == SCORE_COLUMNS
        expected = {name: None if isinstance(v, float) and math.isnan(v) else v for name, v in row.items()}
        assert found == expected


def test_a_lookup_finds_hostile_ids_and_leaves_out_unknown_ones(store: Store) -> None:
    store.publish(*shop(), run=run_info())
    found = store.lookup([*HOSTILE_IDS, "nobody", "C-7F", "c-7f"])
    assert set(found) == set(HOSTILE_IDS)
    assert all(score["customer_id"] == one for one, score in found.items())


def test_behaviour_comes_back_in_the_order_asked_with_its_types(store: Store) -> None:
    scores, behaviour = shop()
    store.publish(scores, behaviour, run=run_info())
    asked = behaviour["customer_id"].iloc[[7, 3, 11]].tolist()
    found = store.behaviour("run-1", [*asked, "nobody"])
    expected = behaviour.set_index("customer_id").loc[asked].reset_index()
    pd.testing.assert_frame_equal(found, expected)


def test_a_feature_that_is_null_for_everyone_is_a_number_all_the_same(store: Store) -> None:
    scores, behaviour = shop()
    behaviour["days_since_last_refund"] = None
    store.publish(scores, behaviour, run=run_info())
    found = store.behaviour("run-1", ["c-7f"])
    assert found["days_since_last_refund"].dtype == "float64"
    assert found["days_since_last_refund"].isna().all()


def test_more_rows_than_one_chunk_are_one_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "CHUNK_ROWS", 7)
    scores, behaviour = shop(40)
    store.publish(scores, behaviour, run=run_info())
    assert len(store.lookup(scores["customer_id"].tolist())) == 40
    run = store.current_run()
    assert run is not None
    assert (run.run_id, run.customers, run.model_version, run.has_behaviour) == ("run-1", 40, VERSION, True)
    assert run.published_at == run_info().published_at


def test_readers_see_the_run_before_until_the_next_is_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CHUNK_ROWS", 7)
    store.publish(*shop(run_id="run-1"), run=run_info("run-1"))
    seen: list[str] = []
    finish = publishing._finish

    def look_before_the_pointer_moves(*args: object) -> None:
        score = store.score("c-7f")
        assert score is not None
        seen.append(score["run_id"])
        finish(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_finish", look_before_the_pointer_moves)
    store.publish(*shop(run_id="run-2", seed=8), run=run_info("run-2"))
    score = store.score("c-7f")
    assert score is not None
    assert [*seen, score["run_id"]] == ["run-1", "run-2"]


def test_a_publish_that_breaks_half_way_leaves_the_run_before_and_no_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CHUNK_ROWS", 7)
    store.publish(*shop(run_id="run-1"), run=run_info("run-1"))
    scores, behaviour = shop(run_id="run-2")
    scores.loc[30, "value_at_risk"] = np.inf
    with pytest.raises(ScoresRefusedError, match="value_at_risk"):
        store.publish(scores, behaviour, run=run_info("run-2"))
    assert [run.run_id for run in store.runs()] == ["run-1"]
    assert rows_in(store, "scores") == rows_in(store, "behaviour") == 40
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"))


def test_of_two_publishers_the_later_started_stands(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    finish = publishing._finish

    def let_another_overtake(*args: object) -> None:
        monkeypatch.setattr(publishing, "_finish", finish)
        store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
        finish(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_finish", let_another_overtake)
    with pytest.raises(RunOvertakenError):
        store.publish(*shop(run_id="run-1"), run=run_info("run-1"))
    assert [run.run_id for run in store.runs()] == ["run-2"]


def test_publishers_at_the_same_time_never_leave_a_mixed_store(store: Store) -> None:
    def publish(number: int) -> None:
        try:
            store.publish(*shop(run_id=f"run-{number}"), run=run_info(f"run-{number}"))
        except RunOvertakenError:
            overtaken.append(number)

    overtaken: list[int] = []
    threads = [threading.Thread(target=publish, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    current = store.current_run()
    assert current is not None
    assert current == store.runs()[0]
    assert len(store.runs()) == 4 - len(overtaken)
    assert rows_in(store, "scores") == 40 * len(store.runs())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda s, b: (s.drop(columns=["segment", "currency"]), b), "lack columns"),
        (lambda s, b: (pd.concat([s, s.iloc[:1]]), pd.concat([b, b.iloc[:1]])), "two scores"),
        (lambda s, b: (s, b.iloc[1:]), "same customers"),
        (lambda s, b: (s.assign(run_id="another"), b), "another run"),
        (lambda s, b: (s.assign(churn_percentile="high"), b), "do not fit"),
        (lambda s, b: (s.assign(model_version=None), b), "do not fit"),
        (lambda s, b: (s.assign(customer_id=[f"\ud800{i}" for i in range(len(s))]), b), "same customers"),
        (lambda s, b: (s, b.assign(channel="web")), "not a number"),
    ],
)
def test_frames_that_are_no_whole_run_are_refused(tmp_path: Path, spoil, message: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    store = Store.open(f"sqlite:///{tmp_path}/scores.db")
    with pytest.raises(ScoresRefusedError, match=message):
        store.publish(*spoil(*shop()), run=run_info())
    assert rows_in(store, "runs") == rows_in(store, "scores") == 0
    store.close()


def test_a_run_id_is_used_once(store: Store) -> None:
    store.publish(*shop(), run=run_info())
    with pytest.raises(RunExistsError, match="run-1"):
        store.publish(*shop(), run=run_info())


def test_reasons_with_missing_numbers_stay_plain_json(store: Store) -> None:
    scores, behaviour = shop()
    odd = {**reason_of(3, "ja"), "value": math.nan}
    scores["reasons"] = [[odd]] * len(scores)
    store.publish(scores, behaviour, run=run_info())
    score = store.score("c-7f")
    assert score is not None
    assert score["reasons"] == [{**odd, "value": None}]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_walk_the_whole_list_once_in_order(store: Store, sort: Sort) -> None:
    scores, behaviour = shop(200)
    scores.loc[:50, "value_at_risk"] = 5.0  # ties
    scores.loc[60:70, sort.value] = np.nan
    store.publish(scores, behaviour, run=run_info())
    walked: list[tuple[float, str]] = []
    after = None
    while page := store.at_risk(AtRiskFilter(), sort, after=after, limit=9):
        walked += [(-score[sort.value], score["customer_id"]) for score in page]
        after = Position(page[-1][sort.value], page[-1]["customer_id"])
    eligible = scores[(scores["score_status"] == "eligible") & scores[sort.value].notna()]
    assert walked == sorted(walked)
    assert sorted(one for _, one in walked) == sorted(eligible["customer_id"])


def test_ids_are_ordered_by_their_bytes_on_every_database(store: Store) -> None:
    scores, behaviour = shop()
    scores["value_at_risk"] = 1.0
    scores["score_status"] = "eligible"
    store.publish(scores, behaviour, run=run_info())
    listed = [score["customer_id"] for score in store.at_risk(AtRiskFilter(), limit=100)]
    assert listed == sorted(scores["customer_id"], key=lambda one: one.encode())


def test_filters_mean_what_they_say(store: Store) -> None:
    scores, behaviour = shop(200)
    store.publish(scores, behaviour, run=run_info())

    def listed(**which: object) -> set[str]:
        return {score["customer_id"] for score in store.at_risk(AtRiskFilter(**which), limit=500)}  # type: ignore[arg-type]

    eligible = scores[scores["score_status"] == "eligible"]
    threshold = float(eligible["value_at_risk"].median())
    expected = {
        (): eligible,
        (("status", ScoreStatus.ALREADY_CHURNED),): scores[scores["score_status"] == "already_churned"],
        (("band", ChurnBand.HIGH),): eligible[eligible["churn_band"] == "high"],
        (("segment", "Champions"),): eligible[eligible["segment"] == "Champions"],
        (("min_value_at_risk", threshold),): eligible[eligible["value_at_risk"] >= threshold],
        (("min_churn_probability", 0.5),): eligible[eligible["churn_probability"] >= 0.5],
    }
    for which, rows in expected.items():
        assert len(rows) > 0
        assert listed(**dict(which)) == set(rows["customer_id"]), which


def test_a_named_run_is_listed_even_when_it_is_no_longer_current(store: Store) -> None:
    store.publish(*shop(run_id="run-1"), run=run_info("run-1"))
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
    assert {score["run_id"] for score in store.at_risk(AtRiskFilter(), run_id="run-1")} == {"run-1"}
    assert {score["run_id"] for score in store.at_risk(AtRiskFilter())} == {"run-2"}


def test_pruning_keeps_the_last_runs_and_less_behaviour(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK_ROWS", 7)
    for number in range(5):
        store.publish(*shop(run_id=f"run-{number}"), run=run_info(f"run-{number}"))
    assert store.prune(Retention(keep_runs=3, keep_behaviour=1)) == 2
    assert [run.run_id for run in store.runs()] == ["run-4", "run-3", "run-2"]
    assert [run.has_behaviour for run in store.runs()] == [True, False, False]
    assert rows_in(store, "scores") == 120
    assert rows_in(store, "behaviour") == 40
    assert store.behaviour("run-3", ["c-7f"]).empty
    assert store.run("run-0") is None
    assert store.run("run-3") is not None


def test_the_last_run_of_a_month_stays_until_its_outcome_can_be_judged(store: Store) -> None:
    for number, as_of in enumerate(
        [date(2025, 9, 1), date(2025, 12, 5), date(2025, 12, 28), date(2026, 3, 2), date(2026, 3, 31)]
    ):
        scores, behaviour = shop(run_id=f"run-{number}")
        store.publish(
            scores.assign(as_of=as_of), behaviour, run=replace(run_info(f"run-{number}"), as_of=as_of)
        )
    assert store.prune(Retention(keep_runs=1)) == 3
    assert [run.run_id for run in store.runs()] == ["run-4", "run-2"]
    assert whole_scores(store.database, "run-2")["as_of"].iloc[0] == date(2025, 12, 28)


def test_a_run_comes_back_whole(store: Store) -> None:
    scores, behaviour = shop()
    store.publish(scores, behaviour, run=run_info())
    back = whole_scores(store.database, "run-1").set_index("customer_id")
    told = scores.set_index("customer_id")["churn_probability"].loc[back.index]
    assert back["churn_probability"].tolist() == told.tolist()
    kept = whole_behaviour(store.database, "run-1")
    assert kept is not None
    expected = behaviour.set_index("customer_id")["orders"]
    assert kept.set_index("customer_id")["orders"].to_dict() == expected.to_dict()
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
    store.prune(Retention(keep_behaviour=1))
    assert whole_behaviour(store.database, "run-1") is None


def test_pruning_sweeps_up_what_a_killed_publish_left(store: Store) -> None:
    publishing._begin(store.database, run_info("killed"), customers=40)
    store.publish(*shop(), run=run_info())
    assert rows_in(store, "runs") == 2
    assert store.prune() == 1
    assert [run.run_id for run in store.runs()] == ["run-1"]


def test_a_secret_is_made_once_and_shared(store: Store, store_url: str) -> None:
    other = Store.open(store_url)
    assert store.secret("cursors") == other.secret("cursors")
    assert len(store.secret("cursors")) == 32
    assert store.secret("another") != store.secret("cursors")
    other.close()


def test_the_migrations_lead_to_the_tables_that_the_code_knows(store: Store) -> None:
    with store.database.write() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_opening_again_keeps_what_is_there(store: Store, store_url: str) -> None:
    store.publish(*shop(), run=run_info())
    again = Store.open(store_url)
    assert again.current_run() == store.current_run()
    again.close()


def test_a_store_of_a_newer_joren_is_left_alone(store: Store, store_url: str) -> None:
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer Joren"):
        Store.open(store_url)


def test_sqlite_is_durable_and_lets_readers_by(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/a folder/scores.db")
    with store.database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 10_000, "foreign_keys": 1}
    store.close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("scores.db", "none that can be opened"),
        ("nosuch://x", "none that can be opened"),
        ("mysql://u:p@127.0.0.1/x", "none that can be opened|not in mysql"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
    ],
)
def test_urls_that_are_no_store_are_refused(url: str, message: str) -> None:
    with pytest.raises(StoreError, match=message):
        Store.open(url)


def test_a_file_that_is_no_database_and_a_server_that_is_not_there_are_told_plainly(tmp_path: Path) -> None:
    (tmp_path / "scores.db").write_text("not a database, but long enough to be read as one" * 100)
    with pytest.raises(StoreUnavailableError):
        Store.open(f"sqlite:///{tmp_path}/scores.db")
    with pytest.raises(StoreUnavailableError) as told:
        Store.open("postgresql+psycopg://joren:hunter2@127.0.0.1:1/joren")
    assert "hunter2" not in str(told.value)


def test_a_locked_sqlite_file_is_told_as_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.database.BUSY_TIMEOUT_SECONDS", 0)
    store = Store.open(f"sqlite:///{tmp_path}/scores.db")
    holder = sqlite3.connect(tmp_path / "scores.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError):
        store.publish(*shop(), run=run_info())
    assert store.current_run() is None
    holder.close()
    store.close()


def test_dates_are_dates(store: Store) -> None:
    scores, behaviour = shop()
    scores["expected_date_of_next_order"] = [None, *[date(2026, 5, 1)] * (len(scores) - 1)]
    store.publish(scores, behaviour, run=run_info())
    first, second = (store.score(scores["customer_id"].iloc[row]) for row in (0, 1))
    assert first is not None
    assert second is not None
    assert first["expected_date_of_next_order"] is None
    assert second["expected_date_of_next_order"] == date(2026, 5, 1)
