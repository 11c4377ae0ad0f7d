from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from serving import publishing
from serving.audit import Action, Who, entries
from serving.auth import Credential, Gatekeeper, Scope, create_key, revoke_key
from serving.carry_over import Memory
from serving.erasure import erase
from serving.errors import NotAuthenticatedError, StoreError
from serving.pointer import roll_back
from serving.snapshot import Snapshot, put_back, taken
from serving.store import Store
from tests.serving.frames import PUBLISHED_AT, run_info, shop


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """A folder to take snapshots into."""
    folder = tmp_path / "backup"
    folder.mkdir()
    return folder


WHO = Who("nina", PUBLISHED_AT, "the disk broke")


def publish(store: Store, *names: str) -> None:
    for name in names:
        store.publish(*shop(run_id=name), run=run_info(name))


def back(store: Store, folder: Path, snapshot: Snapshot) -> list[int]:
    """Put a snapshot back, as `joren restore` does; return how many were erased again."""
    memory, erased = Memory.of(store.database), []
    put_back(
        store.database,
        folder,
        snapshot,
        lambda connection: erased.append(memory.hand_on(connection, WHO, "backup")),
    )
    return erased


def everything(store: Store) -> list[object]:
    return [store.runs(), store.current_run(), store.lookup(shop()[0]["customer_id"].tolist())]


def test_what_was_taken_comes_back_and_life_goes_on(store: Store, backup: Path) -> None:
    publish(store, "run-1", "run-2")
    roll_back(store.database, WHO)
    before, behaviour = everything(store), store.behaviour("run-1", ["c-7f"])
    secret = store.secret("cursors")
    snapshot = taken(store.database, backup)
    assert (list(snapshot.runs), snapshot.current) == (["run-2", "run-1"], "run-1")
    publish(store, "run-3")
    assert back(store, backup, snapshot) == [0]
    assert everything(store) == before
    assert store.behaviour("run-1", ["c-7f"]).equals(behaviour)
    assert store.secret("cursors") == secret
    assert [entry.action for entry in entries(store.database)] == [Action.RESTORE, Action.ROLLBACK]
    publish(store, "run-4")
    assert [run.run_id for run in store.runs()] == ["run-4", "run-2", "run-1"]


def test_a_snapshot_is_of_one_moment_though_a_run_is_published_meanwhile(
    store: Store, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "CHUNK_ROWS", 20)
    publish(store, "run-1")
    done = threading.Event()

    def go_on_publishing() -> None:
        number = 2
        while not done.is_set():
            store.publish(*shop(400, run_id=f"run-{number}"), run=run_info(f"run-{number}"))
            number += 1

    publisher = threading.Thread(target=go_on_publishing)
    publisher.start()
    for turn in range(3):
        folder = backup / str(turn)
        folder.mkdir()
        snapshot = taken(store.database, folder)
        if turn < 2:
            continue
        done.set()
        publisher.join()
        back(store, folder, snapshot)
        run = store.current_run()
        assert run is not None
        assert run.run_id == snapshot.current == next(iter(snapshot.runs))
        assert len(store.lookup(shop(run.customers)[0]["customer_id"].tolist())) == run.customers
    publish(store, "run-after")


def test_readers_see_the_one_store_or_the_other(store: Store, backup: Path) -> None:
    publish(store, "run-1")
    snapshot = taken(store.database, backup)
    publish(store, "run-2")
    ids = shop()[0]["customer_id"].tolist()
    done = threading.Event()
    seen: list[tuple[int, set[str]]] = []

    def read() -> None:
        while not done.is_set():
            found = store.lookup(ids)
            seen.append((len(found), {score["run_id"] for score in found.values()}))

    reader = threading.Thread(target=read)
    reader.start()
    back(store, backup, snapshot)
    done.set()
    reader.join()
    assert {count for count, _ in seen} == {40}
    assert all(len(runs) == 1 for _, runs in seen)
    assert {score["run_id"] for score in store.lookup(ids).values()} == {"run-1"}


def test_who_was_erased_since_stays_erased_and_a_revoked_key_stays_revoked(
    store: Store, backup: Path
) -> None:
    publish(store, "run-1")
    now = datetime.now(UTC)
    key = create_key(store, "crm", [Scope.SCORES_READ], now=now)
    snapshot = taken(store.database, backup)
    receipt = erase(store.database, "c-7f", WHO)
    revoke_key(store, key.split("_")[1], now=now)
    assert back(store, backup, snapshot) == [1]
    assert store.score("c-7f") is None
    assert store.score("00123") is not None
    with pytest.raises(NotAuthenticatedError):
        Gatekeeper(store, 0).admit(Credential.of(key))
    assert receipt.erasure_id in {entry.entry_id for entry in entries(store.database)}
    publish(store, "run-2")
    assert store.score("c-7f") is None


def test_an_empty_store_takes_a_backup_with_its_tombstones(store: Store, backup: Path) -> None:
    publish(store, "run-1")
    erase(store.database, "c-7f", WHO)
    snapshot = taken(store.database, backup)
    with closing(Store.open(f"sqlite:///{backup}/other.db")) as other:
        if not store.is_local:
            with pytest.raises(StoreError, match="postgresql"):
                back(other, backup, snapshot)
            return
        assert back(other, backup, snapshot) == [0]
        publish(other, "run-2")
        assert other.score("c-7f") is None
        assert other.score("00123") is not None


def test_two_stores_that_each_erased_somebody_are_not_mixed(tmp_path: Path, backup: Path) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/one.db")) as one:
        publish(one, "run-1")
        erase(one.database, "c-7f", WHO)
        snapshot = taken(one.database, backup)
    with closing(Store.open(f"sqlite:///{tmp_path}/two.db")) as two:
        publish(two, "run-2")
        erase(two.database, "00123", WHO)
        with pytest.raises(StoreError, match="secret of its own"):
            back(two, backup, snapshot)
        assert [run.run_id for run in two.runs()] == ["run-2"]


def test_a_snapshot_of_an_older_joren_is_brought_up_to_date(store: Store, backup: Path) -> None:
    """The schema of the backup is a step behind; it holds a run all the same."""
    publish(store, "run-1")
    before = everything(store)
    if store.is_local:
        pytest.skip("the file itself says how old it is: see the migrations")
    snapshot = taken(store.database, backup)
    older = replace(snapshot, revision="0003")
    older = replace(older, columns={name: older.columns[name] for name in older.columns if name in OF_0003})
    back(store, backup, older)
    assert everything(store) == before


OF_0003 = {
    "runs",
    "current_run",
    "scores",
    "behaviour",
    "customer_attributes",
    "run_documents",
    "api_keys",
    "secrets",
    "audit_log",
    "tombstones",
    "jobs",
}
