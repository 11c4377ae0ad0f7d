from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.auth import Scope, create_key
from serving.errors import IdempotencyKeyReusedError, JobUnderWayError
from serving.job_desk import JobDesk
from serving.jobs import DEAD_AFTER, DIED, Jobs, JobState
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.serving.conftest import Shop
from tests.serving.fake_bundle import load
from tests.serving.test_lists_api import next_link

NOW = datetime(2026, 5, 1, 2, 0, tzinfo=UTC)
ASKED = {"as_of": None}
PATH = "/v1/jobs/score"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FakeWork:
    """Does as it is told; stopped, it ends as if it were killed."""

    def __init__(self) -> None:
        self._says: queue.Queue[dict[str, str] | int] = queue.Queue()
        self.code = 0

    def say(self, **told: str) -> None:
        self._says.put(told)

    def end(self, code: int) -> None:
        self._says.put(code)

    def messages(self) -> Iterator[Mapping[str, str]]:
        while not isinstance(told := self._says.get(timeout=120), int):
            yield told
        self.code = told

    def stop(self) -> None:
        self.end(-9)

    def exit_code(self) -> int:
        return self.code


class Workshop:
    """Starts fake work, and remembers it."""

    def __init__(self) -> None:
        self.works: list[FakeWork] = []
        self.asked: list[Mapping[str, Any]] = []

    def __call__(self, asked: Mapping[str, Any]) -> FakeWork:
        self.asked.append(asked)
        self.works.append(FakeWork())
        return self.works[-1]


@pytest.fixture(autouse=True)
def _quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.job_desk.HEARTBEAT_SECONDS", 0.02)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(store: Store, clock: Clock) -> Jobs:
    return Jobs(store.database, clock=clock)


def eventually(happened: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1_000):
        if happened():
            return
        pause.wait(0.02)
    pytest.fail("it did not happen within 20 s")


def test_one_job_at_a_time(jobs: Jobs) -> None:
    first, is_new = jobs.begin(ASKED, by="crm", idempotency_key=None)
    assert is_new
    with pytest.raises(JobUnderWayError):
        jobs.begin(ASKED, by="crm", idempotency_key=None)
    jobs.finish(first.job_id, JobState.SUCCEEDED, run_id="run-1")
    second, _ = jobs.begin(ASKED, by="crm", idempotency_key=None)
    assert [job.job_id for job in jobs.newest(before=None, limit=5)] == [second.job_id, first.job_id]
    assert jobs.newest(before=second.job_key, limit=5)[0].run_id == "run-1"


def test_an_idempotency_key_is_a_job_for_a_day(jobs: Jobs, clock: Clock) -> None:
    first, _ = jobs.begin(ASKED, by="crm", idempotency_key="k-1")
    assert jobs.begin(ASKED, by="crm", idempotency_key="k-1") == (first, False)
    with pytest.raises(IdempotencyKeyReusedError):
        jobs.begin({"as_of": "2026-01-01"}, by="crm", idempotency_key="k-1")
    with pytest.raises(JobUnderWayError):
        jobs.begin(ASKED, by="another", idempotency_key="k-1")
    jobs.finish(first.job_id, JobState.FAILED, problem="No.")
    assert jobs.begin(ASKED, by="crm", idempotency_key="k-1")[0].problem == "No."
    clock.now += timedelta(hours=24)
    again, is_new = jobs.begin(ASKED, by="crm", idempotency_key="k-1")
    assert is_new
    assert again.job_id != first.job_id


def test_duplicates_at_the_same_moment_are_one_job(jobs: Jobs) -> None:
    together = threading.Barrier(4)

    def ask(_: int) -> tuple[str, bool]:
        together.wait()
        job, is_new = jobs.begin(ASKED, by="crm", idempotency_key="k-1")
        return job.job_id, is_new

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(ask, range(4)))
    assert len({job_id for job_id, _ in told}) == 1
    assert sorted(is_new for _, is_new in told) == [False, False, False, True]


def test_a_job_whose_process_fell_silent_is_dead_and_makes_room(jobs: Jobs, clock: Clock) -> None:
    job, _ = jobs.begin(ASKED, by="crm", idempotency_key=None)
    clock.now += DEAD_AFTER
    assert jobs.lives(job.job_id)
    clock.now += DEAD_AFTER
    assert jobs.job(job.job_id).state is JobState.RUNNING
    clock.now += timedelta(seconds=1)
    dead = jobs.job(job.job_id)
    assert (dead.state, dead.problem, dead.finished_at) == (JobState.FAILED, DIED, clock.now)
    assert not jobs.lives(job.job_id)
    jobs.finish(job.job_id, JobState.SUCCEEDED, run_id="too late")
    assert jobs.job(job.job_id).state is JobState.FAILED
    jobs.begin(ASKED, by="crm", idempotency_key=None)
    clock.now += DEAD_AFTER * 2
    assert jobs.begin(ASKED, by="crm", idempotency_key=None)[1]


def test_jobs_that_ended_a_month_ago_are_forgotten(jobs: Jobs, clock: Clock) -> None:
    job, _ = jobs.begin(ASKED, by="crm", idempotency_key=None)
    jobs.finish(job.job_id, JobState.CANCELLED)
    clock.now += timedelta(days=31)
    newer, _ = jobs.begin(ASKED, by="crm", idempotency_key=None)
    assert [one.job_id for one in jobs.newest(before=None, limit=5)] == [newer.job_id]


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def working(served: Shop, workshop: Workshop) -> Iterator[TestClient]:
    """The app, with something to run jobs with, and a key that may do nothing else."""
    service = ScoringService(Store.open(str(served.store.database.readers.url)), Shelf(served.bundles, load))
    app = create_app(Settings(key_cache_seconds=0), service, start_scoring=workshop)
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = create_key(service.store, "test", [Scope.JOBS_WRITE], now=NOW)
        yield client
        for work in workshop.works:
            work.end(0)


def test_a_job_is_watched_from_its_location_to_its_end(working: TestClient, workshop: Workshop) -> None:
    answer = working.post(PATH, json={"as_of": "2026-04-30"}, headers={"Idempotency-Key": "nightly 1"})
    assert answer.status_code == 202
    location, job = answer.headers["Location"], answer.json()
    assert location == f"/v1/jobs/{job['job_id']}"
    assert (job["state"], job["as_of"], job["finished_at"]) == ("running", "2026-04-30", None)
    (work,) = workshop.works
    assert workshop.asked == [{"as_of": "2026-04-30"}]
    work.say(step="Reading sales.csv")
    work.say(step="Scoring every customer")
    eventually(lambda: working.get(location).json()["step"] == "Scoring every customer")
    assert working.get(location).json()["steps_done"] == 1
    again = working.post(PATH, json={"as_of": "2026-04-30"}, headers={"Idempotency-Key": "nightly 1"})
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (202, "true")
    assert again.json()["job_id"] == job["job_id"]
    other = working.post(PATH, json={}, headers={"Idempotency-Key": "nightly 1"})
    assert (other.status_code, other.json()["title"]) == (422, "Idempotency key reused")
    busy = working.post(PATH, json={})
    assert (busy.status_code, busy.json()["title"]) == (409, "Job under way")
    work.say(run_id="run-9")
    work.end(0)
    eventually(lambda: working.get(location).json()["state"] == "succeeded")
    ended = working.get(location).json()
    assert (ended["run_id"], ended["steps_done"], ended["problem"]) == ("run-9", 2, None)
    assert len(workshop.works) == 1


def test_a_cancelled_job_is_killed(working: TestClient) -> None:
    location = working.post(PATH, json={}).headers["Location"]
    asked = working.post(f"{location}/cancel")
    assert asked.json()["cancel_requested"] is True
    eventually(lambda: working.get(location).json()["state"] == "cancelled")
    ended = working.get(location).json()
    assert working.post(f"{location}/cancel").json() == ended
    assert working.post(PATH, json={}).status_code == 202


@pytest.mark.parametrize(
    ("said", "code", "problem"),
    [
        ({}, -9, "It ended with code -9."),
        ({"problem": "Another run is at work."}, 4, "Another run is at work."),
    ],
)
def test_a_job_that_dies_is_failed_and_says_why(
    working: TestClient, workshop: Workshop, said: dict[str, str], code: int, problem: str
) -> None:
    location = working.post(PATH, json={}).headers["Location"]
    workshop.works[0].say(**said)
    workshop.works[0].end(code)
    eventually(lambda: working.get(location).json()["state"] == "failed")
    assert working.get(location).json()["problem"] == problem


def test_jobs_are_listed_by_pages(working: TestClient, workshop: Workshop) -> None:
    begun = []
    for _ in range(3):
        begun.append(working.post(PATH, json={}).json()["job_id"])
        workshop.works[-1].end(0)
        eventually(lambda: working.get(f"/v1/jobs/{begun[-1]}").json()["state"] == "succeeded")
    answer = working.get("/v1/jobs?limit=2")
    follow = next_link(answer.headers)
    assert follow is not None
    first, second = answer.json(), working.get(follow).json()
    listed = [job["job_id"] for page in (first, second) for job in page["data"]]
    assert listed == begun[::-1]
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert working.get("/v1/jobs?cursor=abc").status_code == 400


def test_a_service_that_stops_stops_its_job_and_says_so(store: Store, workshop: Workshop) -> None:
    desk = JobDesk(Jobs(store.database), workshop)
    job, _ = desk.take_on(ASKED, by="crm", idempotency_key=None)
    desk.close()
    ended = desk.jobs.job(job.job_id)
    assert (ended.state, ended.problem) == (JobState.FAILED, "The service was stopped.")


def test_where_no_process_can_be_started_the_job_has_failed(store: Store) -> None:
    def refuse(_: Mapping[str, Any]) -> FakeWork:
        raise OSError(12, "no memory")

    job, _ = JobDesk(Jobs(store.database), refuse).take_on(ASKED, by="crm", idempotency_key=None)
    assert job.state is JobState.FAILED


def test_odd_requests(working: TestClient, served: Shop) -> None:
    for body in ({"as_of": "yesterday"}, {"as_of": "2026-02-30"}, {"as_of": "2199-01-01"}, {"x": 1}, []):
        assert working.post(PATH, json=body).status_code == 422
    for key in ("", "x" * 256, "a\tb"):
        assert working.post(PATH, json={}, headers={"Idempotency-Key": key}).status_code == 422
    for path in ("/v1/jobs/nonesuch", "/v1/jobs/" + "x" * 101):
        assert working.get(path).status_code in {404, 422}
    assert working.post("/v1/jobs/nonesuch/cancel").status_code == 404
    for path in (PATH, "/v1/jobs/x/cancel"):
        assert served.client.post(path, json={}, headers=served.key(Scope.SCORES_READ)).status_code == 403
    refused = served.client.post(PATH, json={})
    assert (refused.status_code, refused.json()["title"]) == (503, "Jobs not offered")
