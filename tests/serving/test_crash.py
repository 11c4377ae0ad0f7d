"""Publishers are killed, and run out of disk, at random moments: what stands is one run, whole."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event, func, select

from serving import tables
from serving.errors import StoreUnavailableError
from serving.store import Store
from tests.serving.frames import run_info, shop
from tests.serving.nursery import CUSTOMERS

ROOT = Path(__file__).parents[2]
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Nursery:
    """Starts publishers, one at a time."""

    process: subprocess.Popen[str]

    def publish(
        self, url: str, run_id: str, *, kill_after: float | None = None, largest_file: int | None = None
    ) -> int:
        """Let a child publish, kill it after so many seconds, and return its exit code."""
        self._ask(url, run_id, largest_file)
        pid = self.told()
        if kill_after is not None:
            time.sleep(kill_after)
            with suppress(ProcessLookupError):  # it was quicker
                os.kill(pid, signal.SIGKILL)
        return self.told()

    def seconds_in_peace(self, url: str, run_id: str) -> float:
        """Return how long a publication takes that nobody disturbs."""
        self._ask(url, run_id)
        self.told()
        began = time.perf_counter()
        assert self.told() == 0
        return time.perf_counter() - began

    def _ask(self, url: str, run_id: str, largest_file: int | None = None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{url} {run_id} {largest_file or ''}\n")
        self.process.stdin.flush()

    def told(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@pytest.fixture(scope="module")
def children() -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.serving.nursery"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        started = Nursery(process)
        assert started.told() == 0
        yield started


def whole_current_run(store: Store) -> str:
    """Return the current run's id, after a look at every row, and at the file's own integrity."""
    run = store.current_run()
    assert run is not None
    found = store.lookup(shop(CUSTOMERS)[0]["customer_id"].tolist())
    assert len(found) == run.customers == CUSTOMERS
    assert {score["run_id"] for score in found.values()} == {run.run_id}
    with store.database.read() as connection:
        for kept in store.runs():
            counted = (
                select(func.count())
                .select_from(tables.scores.join(tables.runs))
                .where(tables.runs.c.run_id == kept.run_id)
            )
            assert connection.execute(counted).scalar() == CUSTOMERS
        if store.is_local:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
    return run.run_id


def kill_publishers(store: Store, url: str, children: Nursery, kills: int, seed: int) -> Counter[str]:
    """Kill so many publishers at random moments; return how often the run before stood, or the new one.

    Who was quicker than the kill is not counted.
    """
    moments, stood = random.Random(seed), Counter[str]()  # noqa: S311 - moments, not secrets
    before, seconds, number = "", 0.0, 0
    while stood["killed"] < kills:
        if number % 20 == 0:  # how long it takes varies with what else this machine does
            seconds = children.seconds_in_peace(url, f"run-{number}-in-peace")
            before = whole_current_run(store)
        run_id = f"run-{number}"
        code = children.publish(url, run_id, kill_after=moments.uniform(0, seconds))
        assert code in {0, KILLED}
        now = whole_current_run(store)
        assert now in ({run_id} if code == 0 else {before, run_id})
        if code == KILLED:
            stood["killed"] += 1
            stood["the new one" if now == run_id else "the run before"] += 1
        before, number = now, number + 1
    assert children.publish(url, "run-last") == 0
    assert whole_current_run(store) == "run-last"
    with store.database.read() as connection:
        assert connection.execute(select(tables.runs.c.published_at.is_(None))).scalars().all().count(1) == 0
    return stood


def test_a_publisher_that_is_killed_leaves_the_run_before_or_the_new_one(
    store: Store, store_url: str, children: Nursery
) -> None:
    assert kill_publishers(store, store_url, children, kills=4, seed=5)["killed"] == 4


@pytest.mark.prove
@pytest.mark.timeout(1200)
def test_two_hundred_kills(
    store: Store, store_url: str, children: Nursery, capsys: pytest.CaptureFixture[str]
) -> None:
    stood = kill_publishers(store, store_url, children, kills=200, seed=2026)
    with capsys.disabled():
        sys.stdout.write(f"\n200 kill -9 on {store.database.readers.dialect.name}: {dict(stood)}\n")
    assert stood["the run before"] > 50


def grown(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.iterdir())


def fill_the_disk(tmp_path: Path, children: Nursery, rounds: int) -> int:
    """Let publishers meet the end of the disk at random bytes; return how many did."""
    url, refused = f"sqlite:///{tmp_path}/scores.db", 0
    draws = random.Random(7)  # noqa: S311 - sizes, not secrets
    with closing(Store.open(url)) as store:
        assert children.publish(url, "run-first") == 0
        most = grown(tmp_path)
        for number in range(rounds):
            before = whole_current_run(store)
            code = children.publish(url, f"run-{number}", largest_file=draws.randrange(4_096, 2 * most))
            assert code in {0, 3}
            assert whole_current_run(store) == (before if code else f"run-{number}")
            refused += code == 3
        assert children.publish(url, "run-last") == 0
        assert whole_current_run(store) == "run-last"
    return refused


def test_where_files_may_grow_no_further_the_run_before_stays(tmp_path: Path, children: Nursery) -> None:
    assert fill_the_disk(tmp_path, children, rounds=3) > 0


@pytest.mark.prove
def test_a_hundred_full_disks(tmp_path: Path, children: Nursery, capsys: pytest.CaptureFixture[str]) -> None:
    refused = fill_the_disk(tmp_path, children, rounds=100)
    with capsys.disabled():
        sys.stdout.write(f"\n100 publications with little room: {refused} refused, the run before intact\n")
    assert refused > 30


@pytest.mark.prove
def test_a_disk_that_is_full_indeed(tmp_path: Path) -> None:
    """A file system in memory, filled to the last byte by something else."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", tmp_path], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        with closing(Store.open(f"sqlite:///{tmp_path}/scores.db")) as store:
            store.publish(*shop(CUSTOMERS), run=run_info())
            ballast = tmp_path / "ballast"
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4_096))
            with pytest.raises(StoreUnavailableError, match="The disk of the score store is full"):
                store.publish(*shop(3_000, run_id="run-2"), run=run_info("run-2"))
            assert whole_current_run(store) == "run-1"
            ballast.unlink()
            store.publish(*shop(CUSTOMERS, run_id="run-3"), run=run_info("run-3"))
            assert whole_current_run(store) == "run-3"
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_a_full_store_says_so_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    with closing(Store.open(f"sqlite:///{tmp_path}/scores.db")) as store:
        store.publish(*shop(CUSTOMERS), run=run_info())
        with store.database.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

        def limit(connection: sqlite3.Connection, _entry: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages + 10}")

        event.listen(store.database.writers, "connect", limit)
        with pytest.raises(StoreUnavailableError, match="The disk of the score store is full"):
            store.publish(*shop(CUSTOMERS, run_id="run-2"), run=run_info("run-2"))
        assert whole_current_run(store) == "run-1"
        event.remove(store.database.writers, "connect", limit)
        store.publish(*shop(CUSTOMERS, run_id="run-3"), run=run_info("run-3"))
        assert whole_current_run(store) == "run-3"
