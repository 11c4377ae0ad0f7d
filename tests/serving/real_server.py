"""A real server of the app, with as many worker processes as are asked for."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from serving.auth import Scope, create_key
from serving.settings import Settings
from serving.store import Store
from tests.serving.frames import VERSION, run_info, shop

ROOT = Path(__file__).parents[2]
START = """
from joren import asgi
from serving.settings import Settings
asgi.FACTORY = "tests.serving.served_app:create"
asgi.serve(Settings())
"""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    settings: Settings
    key: str
    folder: Path

    def client(self) -> httpx2.Client:
        address = f"http://127.0.0.1:{self.settings.port}"
        return httpx2.Client(base_url=address, headers={"X-API-Key": self.key}, timeout=60)


@contextmanager
def started(folder: Path, **given: object) -> Iterator[Server]:
    """A server on a store with one run, and a key that may do all; ``given`` are settings."""
    ours = {"store_url": f"sqlite:///{folder}/scores.db", "bundles": folder, "port": free_port()}
    settings = Settings.model_validate({**ours, "drain_seconds": 3, **given})
    (folder / VERSION).mkdir()
    with closing(Store.open(settings.store_url)) as store:
        store.publish(*shop(), run=run_info())
        key = create_key(store, "test", Scope, now=datetime.now(UTC))
    command = [sys.executable, "-c", START]
    environment = os.environ | settings.environment()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        running = Server(process, settings, key, folder)
        try:
            wait_until_ready(running)
            yield running
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_ready(server: Server) -> None:
    def ready() -> bool:
        assert server.process.poll() is None, server.process.communicate()[1]
        try:
            with server.client() as client:
                return client.get("/readyz").status_code == 200
        except httpx2.TransportError:
            return False

    wait_until(ready)


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 240
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
