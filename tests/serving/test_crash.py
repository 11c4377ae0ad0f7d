from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from serving.store import Store
from tests.serving.frames import run_info, shop

ROOT = Path(__file__).parents[2]
PUBLISH_AND_DIE = """
import os, signal, sys
from serving import publishing
from serving.store import Store
from tests.serving.frames import run_info, shop

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

publishing.CHUNK_ROWS = 7
if sys.argv[2] == "before the pointer moves":
    publishing._finish = die
else:
    rows = publishing.behaviour_rows
    publishing.behaviour_rows = lambda frame, key: die() if frame.index[0] > 20 else rows(frame, key)
Store.open(sys.argv[1]).publish(*shop(run_id="killed"), run=run_info("killed"))
"""


@pytest.mark.parametrize("moment", ["between two chunks", "before the pointer moves"])
def test_a_process_killed_while_it_publishes_leaves_the_run_before(store_url: str, moment: str) -> None:
    with closing(Store.open(store_url)) as store:
        store.publish(*shop(), run=run_info())
        died = subprocess.run(
            [sys.executable, "-c", PUBLISH_AND_DIE, store_url, moment], cwd=ROOT, check=False, timeout=120
        )
        assert died.returncode == -signal.SIGKILL
        found = store.lookup(shop()[0]["customer_id"].tolist())
        assert {score["run_id"] for score in found.values()} == {"run-1"}
        assert len(found) == 40
        if store.is_local:
            with store.database.read() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
        assert store.prune() == 1
        assert [run.run_id for run in store.runs()] == ["run-2", "run-1"]
