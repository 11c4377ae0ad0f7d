from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving.real_server import Server, started, wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with started(tmp_path) as running:
        yield running


def raw(server: Server, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.settings.port), timeout=30) as connection:
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
    monitored = raw(server, b"HEAD /v1/at-risk?limit=1 HTTP/1.1\r\n" + head)
    assert monitored.startswith(b"HTTP/1.1 200")
    assert monitored.endswith(b"\r\n\r\n")
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
