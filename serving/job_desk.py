"""Jobs are taken on, started as processes of their own, and watched until they end."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from serving.errors import JobsNotOfferedError, StoreError
from serving.jobs import Job, Jobs, JobState

__all__ = ["JobDesk", "Start", "Work"]

logger = logging.getLogger("joren.jobs")

HEARTBEAT_SECONDS = 1.0
LONGEST_PROBLEM = 500


class Work(Protocol):
    """A process at work."""

    def messages(self) -> Iterator[Mapping[str, str]]:
        """Yield what it says until it ends: a `step` that begins, the `run_id` it published, a `problem`."""

    def stop(self) -> None:
        """End it at once, if it has not ended."""

    def exit_code(self) -> int:
        """Wait for its end, and return 0 if all went well; negative: the signal that killed it."""


class Start(Protocol):
    """How a job is set to work."""

    def __call__(self, asked: Mapping[str, Any]) -> Work:
        """Start it; raises ``OSError`` where no process can be started."""


class JobDesk:
    """Takes jobs on, and stops those that it runs when it is closed."""

    def __init__(self, jobs: Jobs, start: Start | None) -> None:
        self.jobs = jobs
        self._start = start
        self._closing = threading.Event()
        self._watchers: list[threading.Thread] = []

    def take_on(self, asked: Mapping[str, Any], *, by: str, idempotency_key: str | None) -> tuple[Job, bool]:
        """Begin a job and set it to work, or return the one that this idempotency key began, and False.

        Raises ``JobsNotOfferedError`` where there is nothing to run jobs with, and as ``Jobs.begin`` does.
        """
        if self._start is None:
            raise JobsNotOfferedError(
                "This service runs no jobs.", mend="Start it with `joren serve` in a project's folder."
            )
        job, is_new = self.jobs.begin(asked, by=by, idempotency_key=idempotency_key)
        if is_new:
            try:
                work = self._start(asked)
            except OSError:
                self.jobs.finish(job.job_id, JobState.FAILED, problem="No process could be started.")
                return self.jobs.job(job.job_id), True
            watcher = threading.Thread(target=self._watch, args=(job.job_id, work), name=job.job_id)
            self._watchers = [one for one in self._watchers if one.is_alive()] + [watcher]
            watcher.start()
        return job, is_new

    def close(self) -> None:
        """Stop what is at work, and wait until that is noted."""
        self._closing.set()
        for watcher in self._watchers:
            watcher.join()

    def _watch(self, job_id: str, work: Work) -> None:
        ended = threading.Event()
        heart = threading.Thread(target=self._beat, args=(job_id, work, ended), name=f"{job_id} heart")
        heart.start()
        told: dict[str, str] = {}
        steps = 0
        for message in work.messages():
            told |= message
            if "step" in message:
                with suppress(StoreError):  # the next one will tell
                    self.jobs.advance(job_id, message["step"], steps)
                steps += 1
        code = work.exit_code()
        ended.set()
        heart.join()
        try:
            self._note_end(job_id, code, told, steps)
        except StoreError:
            logger.exception("fault")  # given up for dead, it will be marked as failed

    def _beat(self, job_id: str, work: Work, ended: threading.Event) -> None:
        while not ended.wait(HEARTBEAT_SECONDS):
            goes_on = not self._closing.is_set()
            with suppress(StoreError):  # busy: the next beat will tell
                goes_on = self.jobs.lives(job_id) and goes_on
            if not goes_on:
                work.stop()

    def _note_end(self, job_id: str, code: int, told: Mapping[str, str], steps: int) -> None:
        if code == 0:
            self.jobs.finish(job_id, JobState.SUCCEEDED, run_id=told.get("run_id"), steps_done=steps)
        elif self.jobs.job(job_id).cancel_requested_at is not None:
            self.jobs.finish(job_id, JobState.CANCELLED)
        else:
            stopped = "The service was stopped." if self._closing.is_set() else f"It ended with code {code}."
            problem = told.get("problem", stopped)[:LONGEST_PROBLEM]
            self.jobs.finish(job_id, JobState.FAILED, problem=problem)
