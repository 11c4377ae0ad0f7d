"""A load of HTTP requests over raw sockets of the loopback, bounded in time and connections."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

__all__ = ["Load", "free_port", "request_bytes", "serving", "under_load"]

ROOT = Path(__file__).parents[1]
READY_SECONDS = 120

Check = Callable[[bytes], str | None]
"""Says what is wrong with the body of an answer, or None."""


@dataclass
class Load:
    """What a load came to: the duration of each answer, in seconds, and what was wrong with others.

    ``stolen``: the share of the processors' time that a virtual machine wanted, and its host gave to others.
    """

    took: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    seconds: float = 0.0
    stolen: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.took) / self.seconds

    def ms(self, share: float) -> float:
        """Return the quantile of the durations, in milliseconds."""
        return round(1e3 * float(np.quantile(self.took, share)), 1) if self.took else float("nan")

    def told(self) -> dict[str, object]:
        """Return it as a benchmark prints it."""
        return {
            "per_second": round(self.per_second, 1),
            "p50_ms": self.ms(0.5),
            "p99_ms": self.ms(0.99),
            "answers": len(self.took),
            "errors": len(self.errors),
            "stolen": round(self.stolen, 3),
        }


def request_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request of HTTP/1.1 as it goes over the wire."""
    lines = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {it}" for name, it in headers.items()),
    ]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def under_load(
    port: int,
    requests: list[bytes],
    *,
    connections: int,
    seconds: float,
    per_second: float | None = None,
    check: Check | None = None,
) -> Load:
    """Send the requests in turn, over so many connections, for so long; as fast as they are answered.

    ``per_second``: at this pace at the most, all connections together; a duration then begins when the
    request was due.
    """
    return asyncio.run(_driven(port, requests, connections, seconds, per_second=per_second, check=check))


async def _driven(
    port: int,
    requests: list[bytes],
    connections: int,
    seconds: float,
    *,
    per_second: float | None,
    check: Check | None,
) -> Load:
    load, turn, before, began = Load(), count(), _ticks(), time.perf_counter()
    until = began + seconds

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (number := next(turn)) is not None:
            due = time.perf_counter() if per_second is None else began + number / per_second
            if due >= until:
                break
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            try:
                writer.write(requests[number % len(requests)])
                status, body = await _answer(reader)
            except (OSError, asyncio.IncompleteReadError) as error:
                load.errors.append(type(error).__name__)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                continue
            wrong = f"status {status}" if status != 200 else check and check(body)
            if wrong:
                load.errors.append(wrong)
            else:
                load.took.append(time.perf_counter() - due)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    load.seconds = time.perf_counter() - began
    stolen, passed = (now - then for now, then in zip(_ticks(), before, strict=True))
    load.stolen = stolen / max(passed, 1)
    return load


def _ticks() -> tuple[int, int]:
    """Return how much time the host has kept from us, and how much has passed, of all processors."""
    with Path("/proc/stat").open(encoding="utf-8") as file:
        user, nice, system, idle, waiting, interrupts, soft, stolen = map(int, file.readline().split()[1:9])
    return stolen, user + nice + system + idle + waiting + interrupts + soft + stolen


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.split("content-length:")[1].split("\r\n")[0])
    return int(head.split(maxsplit=2)[1]), await reader.readexactly(length)


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(
    command: list[str], ready: str, *, folder: Path, environment: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the time of the block, from when the URL ``ready`` is answered; its log is in folder.

    It is ended by its process id.
    """
    programs = Path(sys.executable).parent
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"} | (environment or {}),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _wait_until(ready, process)
            yield process
        except RuntimeError:
            sys.stderr.write((folder / "server.log").read_text(encoding="utf-8", errors="replace")[-2_000:])
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def _wait_until(ready: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(ready, timeout=5):  # noqa: S310 - of the loopback
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise RuntimeError("the server was not ready in time")
