from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

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
    port: int
    key: str
    folder: Path

    def client(self) -> httpx2.Client:
        return httpx2.Client(base_url=f"http://127.0.0.1:{self.port}", headers={"X-API-Key": self.key})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A real server process on a store with one run."""
    settings = Settings(
        store_url=f"sqlite:///{tmp_path}/scores.db", bundles=tmp_path, port=free_port(), drain_seconds=3
    )
    (tmp_path / VERSION).mkdir()
    with closing(Store.open(settings.store_url)) as store:
        store.publish(*shop(), run=run_info())
        key = create_key(store, "test", Scope, now=datetime.now(UTC))
    command = [sys.executable, "-c", START]
    environment = os.environ | settings.environment()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
    running = Server(process, settings.port, key, tmp_path)
    try:
        wait_until_ready(running)
        yield running
    finally:
        process.kill()
        process.communicate()


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
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def raw(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_a_real_server_answers_drains_and_logs(server: Server) -> None:
    with server.client() as client:
        answer = client.get("/v1/customers/a%2Fb%2Fscore/score")
        assert answer.json()["customer_id"] == "a/b/score"
        assert "server" not in answer.headers
        assert client.post("/v1/scores/lookup", json={"customer_ids": ["c-7f"]}).status_code == 200
        chunks = (b" " * 65_536 for _ in range(40))
        too_large = client.post("/v1/scores/lookup", content=chunks)
        assert too_large.status_code == 413
    head = f"X-API-Key: {server.key}\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    for target in (b"/v1/customers/%ff/score", b"/v1/customers/%00/score", b"/v1/customers/../score", b"/%"):
        status = int(raw(server, b"GET " + target + b" HTTP/1.1\r\n" + head).split()[1])
        assert 400 <= status < 500

    slow: list[int] = []

    def ask_slowly() -> None:
        with server.client() as client:
            slow.append(client.get("/v1/slow").status_code)

    under_way = threading.Thread(target=ask_slowly)
    under_way.start()
    wait_until((server.folder / "begun").exists)
    server.process.send_signal(signal.SIGTERM)
    with server.client() as client:
        wait_until(lambda: client.get("/readyz").status_code == 503)
        assert client.get("/readyz").json()["detail"] == "The service is draining."
    (server.folder / "finish").touch()
    _, logged = server.process.communicate(timeout=60)
    under_way.join()
    assert slow == [200]
    lines = [json.loads(line) for line in logged.splitlines()]
    routes = {line["route"] for line in lines if line["message"] == "answered"}
    assert {"/v1/customers/{customer_id}/score", "/v1/scores/lookup", "/readyz", "/v1/slow"} <= routes
    assert not [line for line in lines if line["level"] == "ERROR"]
    assert "a/b" not in logged
    assert server.key not in logged
