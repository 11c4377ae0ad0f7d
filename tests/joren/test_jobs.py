"""Jobs of the service as real processes: they score, are killed, and never outlive the service."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from joren.lock import one_run_at_a_time
from joren.project import load_project
from joren.scoring_process import ScoringProcess
from joren.service import open_store
from serving.audit import Who
from serving.erasure import erase
from serving.job_desk import JobDesk
from serving.jobs import Jobs, JobState
from serving.store import Store

ASKED = {"as_of": "2025-04-15"}
PATIENCE_SECONDS = 120


@pytest.fixture
def store(project: Path) -> Iterator[Store]:
    with closing(open_store(load_project(project))) as opened:
        yield opened


def scored_ids(project: Path) -> list[str]:
    table = pq.read_table(project / "reports" / "scores.parquet", columns=["customer_id"])
    return table["customer_id"].to_pylist()  # type: ignore[no-any-return]


def ended(desk: JobDesk, job_id: str) -> JobState:
    until = time.monotonic() + PATIENCE_SECONDS
    while desk.jobs.job(job_id).finished_at is None:
        assert time.monotonic() < until
        time.sleep(0.05)
    return desk.jobs.job(job_id).state


def test_a_job_scores_and_publishes_as_the_command_does(project: Path, store: Store) -> None:
    before = store.current_run()
    desk = JobDesk(Jobs(store.database), partial(ScoringProcess, project))
    with one_run_at_a_time(project):
        held, _ = desk.take_on(ASKED, by="crm", idempotency_key=None)
        assert ended(desk, held.job_id) is JobState.FAILED
        assert "Another run is at work" in str(desk.jobs.job(held.job_id).problem)
    assert store.current_run() == before
    erased = scored_ids(project)[0]
    erase(store.database, erased, Who("nina", datetime.now(UTC)))
    job, _ = desk.take_on(ASKED, by="crm", idempotency_key=None)
    assert ended(desk, job.job_id) is JobState.SUCCEEDED
    run = store.current_run()
    assert run is not None
    assert erased not in scored_ids(project)
    assert len(scored_ids(project)) == run.customers
    notes = json.loads((project / "reports" / "metrics.json").read_text(encoding="utf-8"))["notes"]
    assert "1 customers are left out: they were erased" in notes
    done = desk.jobs.job(job.job_id)
    assert (done.run_id, str(run.as_of)) == (run.run_id, "2025-04-15")
    assert (done.step, done.steps_done) == ("Publishing the scores", 3)
    desk.close()


def test_a_job_that_is_cancelled_or_killed_leaves_the_run_before(project: Path, store: Store) -> None:
    before = store.current_run()
    works: list[ScoringProcess] = []

    def start(asked: dict[str, str]) -> ScoringProcess:
        works.append(ScoringProcess(project, asked))
        return works[-1]

    desk = JobDesk(Jobs(store.database), start)  # type: ignore[arg-type]
    job, _ = desk.take_on(ASKED, by="crm", idempotency_key=None)
    desk.jobs.request_cancel(job.job_id)
    assert ended(desk, job.job_id) is JobState.CANCELLED
    job, _ = desk.take_on(ASKED, by="crm", idempotency_key=None)
    os.kill(works[-1]._process.pid, signal.SIGKILL)
    assert ended(desk, job.job_id) is JobState.FAILED
    assert desk.jobs.job(job.job_id).problem == "It ended with code -9."
    desk.close()
    assert store.current_run() == before


def test_a_job_dies_with_the_service(tmp_path: Path) -> None:
    """The service is killed; its job, which waits for its input to end, is gone as well."""
    serving = (
        "import sys, time\nfrom pathlib import Path\nfrom joren import scoring_process\n"
        "scoring_process.CHILD = 'tests.joren.sleeping_child'\n"
        "work = scoring_process.ScoringProcess(Path(sys.argv[1]), {'as_of': None})\n"
        "print(next(iter(work.messages()))['step'], flush=True)\ntime.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", serving, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as service:
        assert service.stdout is not None
        child = int(service.stdout.readline())
        service.kill()
    until = time.monotonic() + PATIENCE_SECONDS
    while Path(f"/proc/{child}").exists() and _state(child) != "Z":
        assert time.monotonic() < until
        time.sleep(0.02)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "Z"


def test_the_process_says_why_it_cannot(tmp_path: Path) -> None:
    work = ScoringProcess(tmp_path, {"as_of": None})
    (told,) = work.messages()
    assert work.exit_code() == 2
    assert told["problem"].startswith("There is no joren.toml")
