"""What goes on beside the requests: uses of keys are written down, refused models counted, ages looked up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.concurrency import run_in_threadpool

from serving.errors import ServingError
from serving.metrics import Metrics
from serving.service import ScoringService
from serving.staleness import Staleness
from serving.usage import KeyUsage

__all__ = ["Housekeeping"]

logger = logging.getLogger("joren.housekeeping")

EVERY_SECONDS = 5.0


class Housekeeping:
    """Asks the store every few seconds what no request should wait for."""

    def __init__(self, service: ScoringService, usage: KeyUsage, metrics: Metrics) -> None:
        self._service = service
        self._usage = usage
        self._metrics = metrics
        self._staleness: Staleness | None = None

    @property
    def stale_headers(self) -> dict[str, str]:
        """The header that tells of stale scores; none while they are fresh."""
        told = self._staleness
        if told is None or not told.is_stale:
            return {}
        return {"Joren-Scores-Stale": f"true; age_days={told.age_days}"}

    def tidy(self) -> None:
        """Do it once; a store that does not answer is asked again the next time."""
        self._usage.write_down()
        self._metrics.told_of(self._service.in_use.failures)
        with suppress(ServingError):
            self._staleness = self._service.staleness()

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        """Do it now, again every few seconds, and for the last time at the end."""
        await run_in_threadpool(self.tidy)
        again = asyncio.create_task(self._again())
        try:
            yield
        finally:
            again.cancel()
            with suppress(asyncio.CancelledError):
                await again
            await run_in_threadpool(self.tidy)

    async def _again(self) -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await run_in_threadpool(self.tidy)
            except Exception:
                logger.exception("housekeeping")
