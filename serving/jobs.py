"""Jobs in the store: what was asked for, how far it is, and how it ended. One is under way at a time.

Whoever runs a job says every second that it lives. A job whose process has been silent for too long is dead,
however it died, and on whichever machine: whoever looks next marks it as failed.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from serving import tables
from serving.database import Database
from serving.errors import IdempotencyKeyReusedError, JobNotFoundError, JobUnderWayError

__all__ = ["Job", "JobState", "Jobs"]

DEAD_AFTER = timedelta(seconds=20)
REMEMBERED_FOR = timedelta(hours=24)
KEPT_FOR = timedelta(days=30)
DIED = "The process that ran it died."


class JobState(StrEnum):
    """How it is with a job."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Job:
    """A job as it stands. Moments are in UTC; ``run_id`` is the run that it published."""

    job_key: int
    job_id: str
    asked: Mapping[str, Any]
    state: JobState
    created_at: datetime
    cancel_requested_at: datetime | None
    finished_at: datetime | None
    step: str | None
    steps_done: int
    run_id: str | None
    problem: str | None


class Jobs:
    """The jobs of a store, for all processes on it."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def begin(self, asked: Mapping[str, Any], *, by: str, idempotency_key: str | None) -> tuple[Job, bool]:
        """Enter a new job, which the caller then runs; or return the one that this key began, and False.

        ``by`` is a key's prefix: each has idempotency keys of its own, remembered for 24 hours. Raises
        ``IdempotencyKeyReusedError`` where something else was asked for, ``JobUnderWayError``.
        """
        text, now = json.dumps(asked, sort_keys=True), self._clock()
        digest = None if idempotency_key is None else _digest(by, idempotency_key)
        jobs = tables.jobs
        with self._database.write() as connection:
            if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
                connection.exec_driver_sql(f"LOCK TABLE {jobs.name} IN EXCLUSIVE MODE")
            self._bury_the_dead(connection)
            connection.execute(delete(jobs).where(jobs.c.finished_at < now - KEPT_FOR))
            known = self._remembered(connection, digest) if digest else None
            if known is not None:
                if known.asked != text:
                    raise IdempotencyKeyReusedError(
                        "This Idempotency-Key was sent with another body.", mend="Send a new key."
                    )
                return _job(known), False
            if connection.execute(select(jobs.c.job_key).where(jobs.c.finished_at.is_(None))).first():
                raise JobUnderWayError("Another job is under way.", mend="Wait for it, or cancel it.")
            values = {
                "job_id": f"job_{secrets.token_hex(10)}",
                "asked": text,
                "asked_by": by,
                "idempotency_sha256": digest,
                "state": JobState.RUNNING.value,
                "created_at": now,
                "seen_at": now,
                "steps_done": 0,
            }
            return _job(connection.execute(insert(jobs).values(values).returning(jobs)).one()), True

    def job(self, job_id: str) -> Job:
        """Return a job; raises ``JobNotFoundError``."""
        self.bury_the_dead()
        with self._database.read() as connection:
            row = connection.execute(select(tables.jobs).where(tables.jobs.c.job_id == job_id)).one_or_none()
        if row is None:
            raise JobNotFoundError("There is no job of this id.")
        return _job(row)

    def newest(self, *, before: int | None, limit: int) -> list[Job]:
        """Return up to ``limit`` jobs, newest first: those with a smaller key than ``before``."""
        self.bury_the_dead()
        wanted = select(tables.jobs).order_by(tables.jobs.c.job_key.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(tables.jobs.c.job_key < before)
        with self._database.read() as connection:
            return [_job(row) for row in connection.execute(wanted)]

    def request_cancel(self, job_id: str) -> Job:
        """Ask whoever runs the job to stop it; a job that has ended stays as it is."""
        self._change(job_id, cancel_requested_at=self._clock())
        return self.job(job_id)

    def lives(self, job_id: str) -> bool:
        """Say that the job's process lives; return whether it is to go on."""
        if not self._change(job_id, seen_at=self._clock()):
            return False
        return self.job(job_id).cancel_requested_at is None

    def advance(self, job_id: str, step: str, steps_done: int) -> None:
        """Note the step that the job is at, after so many others."""
        self._change(job_id, step=step, steps_done=steps_done)

    def finish(self, job_id: str, state: JobState, **told: str | int | None) -> None:
        """Note how a job ended (``run_id``, ``problem``, ``steps_done``), unless it was given up for dead."""
        self._change(job_id, state=state.value, finished_at=self._clock(), **told)

    def bury_the_dead(self) -> None:
        """Mark jobs as failed whose process has been silent for too long."""
        jobs = tables.jobs.c
        silent = select(jobs.job_key).where(
            jobs.finished_at.is_(None), jobs.seen_at < self._clock() - DEAD_AFTER
        )
        with self._database.read() as connection:
            found = connection.execute(silent).first()
        if found:
            with self._database.write() as connection:
                self._bury_the_dead(connection)

    def _bury_the_dead(self, connection: Connection) -> None:
        jobs, now = tables.jobs.c, self._clock()
        silent = update(tables.jobs).where(jobs.finished_at.is_(None), jobs.seen_at < now - DEAD_AFTER)
        connection.execute(silent.values(state=JobState.FAILED.value, finished_at=now, problem=DIED))

    def _remembered(self, connection: Connection, digest: bytes) -> Row[Any] | None:
        jobs = tables.jobs.c
        begun = select(tables.jobs).where(jobs.idempotency_sha256 == digest)
        recent = begun.where(jobs.created_at > self._clock() - REMEMBERED_FOR)
        return connection.execute(recent.order_by(jobs.job_key.desc())).first()

    def _change(self, job_id: str, **values: object) -> bool:
        jobs = tables.jobs.c
        change = update(tables.jobs).where(jobs.job_id == job_id, jobs.finished_at.is_(None)).values(values)
        with self._database.write() as connection:
            return connection.execute(change).rowcount == 1


def _digest(by: str, idempotency_key: str) -> bytes:
    return hashlib.sha256(f"{by}\0{idempotency_key}".encode()).digest()


def _job(row: Row[Any]) -> Job:
    return Job(
        job_key=row.job_key,
        job_id=row.job_id,
        asked=json.loads(row.asked),
        state=JobState(row.state),
        created_at=row.created_at,
        cancel_requested_at=row.cancel_requested_at,
        finished_at=row.finished_at,
        step=row.step,
        steps_done=row.steps_done,
        run_id=row.run_id,
        problem=row.problem,
    )
