"""What costs a processor for a while is done a little at a time, so that quick answers stay quick."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

from serving.errors import ServiceBusyError

__all__ = ["Turns"]

P = ParamSpec("P")
T = TypeVar("T")


class Turns:
    """``at_once`` questions are answered side by side, ``waiting`` more may wait; others are sent away."""

    def __init__(self, at_once: int = 2, waiting: int = 64) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._room = at_once + waiting

    async def take(self, question: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Return ``question(*args)`` from a thread; raises ``ServiceBusyError`` where too many wait."""
        if self._room <= 0:
            raise ServiceBusyError("Too much is being computed already.", mend="Try again in a second.")
        self._room -= 1
        try:
            async with self._turn:
                return await run_in_threadpool(question, *args, **named)
        finally:
            self._room += 1
