"""A project's service, started for a benchmark: its own store or an empty one, its bundles, a key."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.load import free_port, request_bytes, serving
from serving.auth import Scope, create_key
from serving.store import Store

__all__ = ["Served", "histories", "served"]

COMMAND = ["-c", "from joren import asgi; from serving.settings import Settings; asgi.serve(Settings())"]


@dataclass(frozen=True)
class Served:
    """A service that answers: where, with which key, as which process."""

    port: int
    key: str
    process_id: int

    def get(self, path: str) -> bytes:
        """Return a request as it goes over the wire."""
        return request_bytes("GET", path, {"X-API-Key": self.key})

    def post(self, path: str, body: object) -> bytes:
        """Return a request with a JSON body as it goes over the wire."""
        return request_bytes("POST", path, {"X-API-Key": self.key}, json.dumps(body).encode())

    @property
    def resident_mib(self) -> float:
        """The memory that the process holds."""
        status = Path(f"/proc/{self.process_id}/status").read_text(encoding="utf-8")
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    @property
    def cpu_ms(self) -> float:
        """The time that it and its workers have had of the processors: a busy machine changes it little."""
        ticks = 0
        for process_id in (self.process_id, *_children(self.process_id)):
            fields = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return 1e3 * ticks / os.sysconf("SC_CLK_TCK")


def _children(process_id: int) -> list[int]:
    told = Path(f"/proc/{process_id}/task/{process_id}/children").read_text(encoding="utf-8")
    return [int(child) for child in told.split()]


@contextmanager
def served(
    project: Path,
    scratch: Path,
    *,
    bundles: Path | None = None,
    watch_seconds: float = 1.0,
    workers: int = 1,
) -> Iterator[Served]:
    """Serve a copy of the project's scores, with its bundles or others, from when a model is in use."""
    shutil.copy(project / "scores.db", scratch / "scores.db")
    url, port = f"sqlite:///{scratch}/scores.db", free_port()
    with closing(Store.open(url)) as store:
        key = create_key(store, f"benchmark {port}", [Scope.SCORES_READ], now=datetime.now(UTC))
    environment = {
        "JOREN_STORE_URL": url,
        "JOREN_BUNDLES": str(bundles or project / "bundles"),
        "JOREN_PORT": str(port),
        "JOREN_WORKERS": str(workers),
        "JOREN_MODEL_WATCH_SECONDS": str(watch_seconds),
        "JOREN_REQUESTS_PER_MINUTE": "1000000000",
    }
    ready = f"http://127.0.0.1:{port}/v2/health/ready"
    with serving(COMMAND, ready, folder=scratch, environment=environment) as process:
        yield Served(port, key, process.pid)


def histories(project: Path, customers: int) -> list[dict[str, Any]]:
    """Return the first customers of a project's ``transactions.csv``, as `compute` takes them."""
    rows: dict[str, list[dict[str, str]]] = {}
    with (project / "transactions.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            who = row.pop("customer_id")
            if who in rows or len(rows) < customers:
                rows.setdefault(who, []).append(row)
    return [{"customer_id": who, "transactions": lines} for who, lines in rows.items()]
