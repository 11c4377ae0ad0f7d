"""Against a real MLflow server: kept there, promoted from there, and no customer on it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.training.bundles import AS_OF, a_shop, fitted, saved
from tests.training.test_plots import an_evaluation
from training import mlflow_home
from training.breakdown import risk_tenths
from training.bundle import Bundle
from training.golden import Golden
from training.mlflow_home import DATABASE
from training.registry import GOLDEN, Registry


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's folder, with a database that is set up already."""
    folder = tmp_path_factory.mktemp("server")
    mlflow_home.opened(folder / "home")
    (folder / "home" / DATABASE).rename(folder / "server.db")
    shutil.rmtree(folder / "home")
    return folder


@pytest.fixture(scope="module")
def uri(store: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--backend-store-uri", f"sqlite:///{store}/server.db", "--workers", "1"]
    command += ["--artifacts-destination", str(store / "artifacts")]
    with (store / "log").open("w") as log:
        server = subprocess.Popen(
            command,
            cwd=store,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={
                **os.environ,
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            },
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            assert server.poll() is None, (store / "log").read_text()
            with suppress(OSError), urllib.request.urlopen(f"{address}/health") as answer:  # noqa: S310 - our own
                if answer.status == 200:
                    break
            time.sleep(0.2)
        yield address
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def test_a_server_keeps_what_a_folder_keeps(uri: str, store: Path, tmp_path: Path) -> None:
    registry = Registry(uri, artifact_root="", model_name="a shop")
    bundle, evaluation = fitted(60), an_evaluation()
    tenths = risk_tenths(evaluation)
    assert tenths is not None
    kept = saved(tmp_path / "bundle", horizon_days=60)
    version = registry.register(
        kept,
        evaluation,
        parameters={"seed": 0},
        fingerprint={"sha256": "9f3c"},
        figures={},
        card="# Joren",
        documents={GOLDEN: Golden.of(bundle).to_json(), "tenths.csv": tenths.to_csv()},
    )
    told = registry.promote(version.number, tmp_path / "bundles", why="the first", who="a test", over=0)
    assert told.bundle_version == bundle.version
    champion = registry.champion()
    assert champion == registry.version()
    fetched = Bundle.load(registry.bundle_path(version))
    golden = registry.golden(version)
    assert golden is not None
    assert golden.changed(fetched) == []
    assert Bundle.load(tmp_path / "bundles" / "current").version == bundle.version
    with registry._mlflow() as mlflow:
        model = mlflow.pyfunc.load_model("models:/a shop@champion")
        behaviour = bundle.behaviour(a_shop(), AS_OF)
        assert len(model.predict(behaviour)) == len(behaviour)

    everything = b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())
    assert b"golden-00" in everything
    customers = [*evaluation.predictions.index, *behaviour["customer_id"]]
    assert not [name for name in customers if f'"{name}"'.encode() in everything]
    assert not [name for name in evaluation.predictions.index if name.encode() in everything]
