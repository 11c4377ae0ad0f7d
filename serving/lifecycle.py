"""From the first request to the last: a service that is told to stop first says so, then closes its doors."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType

__all__ = ["Lifecycle"]


class Lifecycle:
    """Whether the service is going away. ``/readyz`` tells the balancer before connections are refused."""

    def __init__(self) -> None:
        self.draining = False

    def drain_on_sigterm(self, seconds: float) -> None:
        """At SIGTERM, say that we drain; hand the signal to the server (uvicorn) ``seconds`` later.

        A second SIGTERM is handed on at once. Outside a main thread, where signals cannot be caught, nothing
        is done.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        close_doors = signal.getsignal(signal.SIGTERM)
        if not callable(close_doors):
            return
        loop = asyncio.get_running_loop()

        def drain(number: int, frame: FrameType | None) -> None:
            delay = 0.0 if self.draining else seconds
            self.draining = True
            loop.call_soon_threadsafe(loop.call_later, delay, close_doors, number, frame)

        signal.signal(signal.SIGTERM, drain)
