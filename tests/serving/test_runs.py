from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from serving import publishing
from serving.audit import Action, Who, entries
from serving.errors import RunNotFoundError, RunOvertakenError
from serving.overview import overview
from serving.pointer import roll_back
from serving.pruning import forget
from serving.retention import Retention
from serving.store import Store
from tests.serving.conftest import Shop
from tests.serving.frames import PUBLISHED_AT, VERSION, run_info, shop

NINA = Who("nina", PUBLISHED_AT, "prices were in yen twice")


def publish(store: Store, *names: str) -> None:
    for name in names:
        store.publish(*shop(run_id=name), run=run_info(name))


def current(store: Store) -> str:
    run = store.current_run()
    assert run is not None
    return run.run_id


def test_a_rollback_goes_to_the_run_before_and_is_told_with_who_when_and_why(store: Store) -> None:
    publish(store, "run-1", "run-2", "run-3")
    entry = roll_back(store.database, NINA)
    assert current(store) == "run-2"
    score = store.score("c-7f")
    assert score is not None
    assert score["run_id"] == "run-2"
    assert (entry.subject, entry.detail, entry.who) == ("run-2", {"from": "run-3"}, NINA)
    assert entries(store.database, Action.ROLLBACK) == [entry]
    seen = overview(store)
    assert seen.rollback == entry
    assert seen.disk.bytes > 0
    roll_back(store.database, NINA, "run-3")
    assert current(store) == "run-3"


def test_the_next_publication_ends_a_rollback(store: Store) -> None:
    publish(store, "run-1", "run-2")
    roll_back(store.database, NINA)
    publish(store, "run-3")
    assert current(store) == "run-3"
    assert overview(store).rollback is None


def test_a_run_that_began_before_a_later_one_was_published_stays_overtaken_after_a_rollback(
    store: Store,
) -> None:
    publish(store, "run-1")
    slow = publishing._begin(store.database, run_info("slow"), customers=40)
    publish(store, "run-3")
    roll_back(store.database, NINA)
    with pytest.raises(RunOvertakenError):
        publishing._finish(store.database, run_info("slow"), slow, "[]", [])
    assert current(store) == "run-1"


@pytest.mark.parametrize("run_id", [None, "run-1", "nonesuch", "killed"])
def test_there_is_no_going_back_to_what_is_not_there(store: Store, run_id: str | None) -> None:
    with pytest.raises(RunNotFoundError):
        roll_back(store.database, NINA, run_id)
    publish(store, "run-1")
    publishing._begin(store.database, run_info("killed"), customers=40)
    with pytest.raises(RunNotFoundError):
        roll_back(store.database, NINA, run_id)
    assert entries(store.database) == []


def test_the_run_that_was_gone_back_to_is_never_forgotten(store: Store) -> None:
    publish(store, "run-1", "run-2", "run-3")
    roll_back(store.database, NINA, "run-1")
    assert not forget(store.database, 1)
    assert store.prune(Retention(keep_runs=1)) == 1
    assert [run.run_id for run in store.runs()] == ["run-3", "run-1"]
    assert store.score("c-7f") is not None


def test_readers_see_one_run_or_the_other_while_the_pointer_moves(store: Store) -> None:
    publish(store, "run-1", "run-2")
    ids = shop()[0]["customer_id"].tolist()
    done = threading.Event()
    seen: list[set[str]] = []

    def read() -> None:
        while not done.is_set():
            seen.append({score["run_id"] for score in store.lookup(ids).values()})

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(20):
        roll_back(store.database, NINA, f"run-{turn % 2 + 1}" if turn else "run-1")
    done.set()
    reader.join()
    assert {len(runs) for runs in seen} == {1}


def test_runs_beyond_their_days_go_whatever_their_number(store: Store) -> None:
    for days in (40, 30, 20, 10):
        info = replace(run_info(f"run-{days}"), published_at=PUBLISHED_AT - timedelta(days=days))
        store.publish(*shop(run_id=info.run_id), run=info)
    assert store.prune(Retention(keep_days=25), now=PUBLISHED_AT) == 2
    assert [run.run_id for run in store.runs()] == ["run-10", "run-20"]
    assert store.prune(Retention(keep_days=1), now=PUBLISHED_AT) == 1
    assert current(store) == "run-10"


def test_the_kept_runs_and_the_room_they_take_are_listed(served: Shop) -> None:
    served.store.publish(*shop(200, run_id="run-2"), run=run_info("run-2"))
    roll_back(served.store.database, NINA)
    told = served.client.get("/v1/runs").json()
    assert [(run["run_id"], run["is_current"]) for run in told["data"]] == [("run-2", False), ("run-1", True)]
    assert told["data"][1]["customers"] == 200
    assert told["rolled_back"] == {
        "from_run_id": "run-2",
        "at": "2026-04-01T03:30:00Z",
        "by": "nina",
        "why": "prices were in yen twice",
    }
    assert told["store"]["bytes"] > 0
    assert served.client.get("/v1/runs?x=1").status_code == 422


def test_the_models_in_the_folder_are_listed_the_champion_first(served: Shop) -> None:
    for name in ("ffffffffffff", ".current.new", "notes"):
        (served.bundles / name).mkdir()  # the fake in the first says that it is another version
    (served.bundles / "current").symlink_to(VERSION)
    champion, broken = served.client.get("/v1/models").json()["data"]
    assert champion == {
        "version": VERSION,
        "is_champion": True,
        "is_usable": True,
        "runs": ["run-1"],
        "method": "out-of-time",
        "as_of": "2026-03-31",
        "horizon_days": 91,
    }
    assert (broken["version"], broken["is_usable"], broken["method"]) == ("ffffffffffff", False, None)
