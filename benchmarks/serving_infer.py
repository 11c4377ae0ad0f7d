"""One feature row over HTTP: Joren's `/v2` infer beside `mlflow models serve`, on the same model.

    python -m benchmarks.serving_infer --project demo --connections 16 --seconds 10

``--project``: a folder after `joren run`. Each server answers alone, one process, after a warm-up. The last
line is JSON: what each came to, how many times as many answers, and the ratio of the 99th percentiles; exit
code 3 where Joren is not five times as fast with a third of the p99.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.load import Load, free_port, request_bytes, serving, under_load
from serving.auth import Scope, create_key
from serving.store import Store
from training.bundle import Bundle
from training.golden import made_up_customers

__all__ = ["compared"]

TIMES_AS_MANY, SHARE_OF_P99 = 5.0, 1 / 3


def main(arguments: list[str] | None = None) -> int:
    """Serve the same model twice, ask both for the same row, and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10.0)
    asked = parser.parse_args(arguments)

    with tempfile.TemporaryDirectory() as scratch:
        measured = compared(asked.project.resolve(), Path(scratch), asked.connections, asked.seconds)
    print(json.dumps(measured))
    return 0 if measured["reached"] else 3


def compared(project: Path, scratch: Path, connections: int, seconds: float) -> dict[str, Any]:
    """Return what each of the two comes to, and how they compare."""
    bundle = Bundle.load((project / "bundles" / "current").resolve())
    row = made_up_customers(bundle).iloc[[0]]
    with _ours(project, bundle, row, scratch) as (port, request):
        ours = _measured(port, request, connections, seconds)
    with _mlflow(project, row, scratch) as (port, request):
        mlflow = _measured(port, request, connections, seconds)
    times, share = ours.per_second / mlflow.per_second, ours.ms(0.99) / mlflow.ms(0.99)
    return {
        "connections": connections,
        "joren": ours.told(),
        "mlflow": mlflow.told(),
        "times_as_many": round(times, 1),
        "share_of_p99": round(share, 3),
        "reached": times >= TIMES_AS_MANY and share <= SHARE_OF_P99 and not ours.errors,
    }


@contextmanager
def _ours(project: Path, bundle: Bundle, row: pd.DataFrame, scratch: Path) -> Iterator[tuple[int, bytes]]:
    """Serve with Joren; yield the port, and the request for the row."""
    port, url = free_port(), f"sqlite:///{scratch}/scores.db"
    with closing(Store.open(url)) as store:
        key = create_key(store, "benchmark", [Scope.SCORES_READ], now=datetime.now(UTC))
    inputs = [
        {"name": name, "shape": [1], "datatype": "FP64", "data": [_plain(row.iloc[0][name])]}
        for name in bundle.metadata.features
    ]
    body = json.dumps({"inputs": inputs}).encode()
    request = request_bytes("POST", "/v2/models/joren/infer", {"X-API-Key": key}, body)
    environment = {
        "JOREN_STORE_URL": url,
        "JOREN_BUNDLES": str(project / "bundles"),
        "JOREN_PORT": str(port),
        "JOREN_REQUESTS_PER_MINUTE": "1000000000",
    }
    command = ["-c", "from joren import asgi; from serving.settings import Settings; asgi.serve(Settings())"]
    ready = f"http://127.0.0.1:{port}/v2/health/ready"
    with serving(command, ready, folder=scratch, environment=environment):
        yield port, request


@contextmanager
def _mlflow(project: Path, row: pd.DataFrame, scratch: Path) -> Iterator[tuple[int, bytes]]:
    """Serve with MLflow; yield the port, and the request for the row."""
    port = free_port()
    columns = [name for name in row.columns if name != "as_of"]
    split = {"columns": columns, "data": [[_plain(row.iloc[0][name]) for name in columns]]}
    request = request_bytes("POST", "/invocations", {}, json.dumps({"dataframe_split": split}).encode())
    command = ["-m", "mlflow", "models", "serve", "-m", "models:/joren@champion", "--env-manager", "local"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{project}/mlruns/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    ready = f"http://127.0.0.1:{port}/ping"
    with serving(command, ready, folder=scratch, environment=environment):
        yield port, request


def _measured(port: int, request: bytes, connections: int, seconds: float) -> Load:
    under_load(port, [request], connections=2, seconds=min(2.0, seconds))
    return under_load(port, [request], connections=connections, seconds=seconds)


def _plain(value: object) -> object:
    return None if pd.isna(value) else value  # type: ignore[call-overload]


if __name__ == "__main__":
    sys.exit(main())
