"""A served process after a real run: it computes what the run published, and follows what is promoted."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pandas as pd
import pytest

from benchmarks.load import free_port, request_bytes, under_load
from joren.project import load_project
from joren.service import service_settings
from serving.auth import Scope, create_key
from serving.store import Store
from training.bundle import Bundle
from training.golden import Golden, made_up_customers
from training.promotion import point_at

ROOT = Path(__file__).parents[2]
START = """
from joren import asgi
asgi.keep_unpicklers_out()
from serving.settings import Settings
asgi.FACTORY = "tests.joren.served:create"
asgi.serve(Settings())
"""
NEVER = {"mlflow", "joblib", "cloudpickle", "dill", "sklearn", "lifetimes", "matplotlib"}
AMONG_ALL = {"churn_percentile", "at_risk_rank", "run_id", "reasons"}


@dataclass(frozen=True)
class Served:
    client: httpx2.Client
    project: Path

    def get(self, path: str) -> dict[str, Any]:
        told: dict[str, Any] = self.client.get(path).raise_for_status().json()
        return told


@pytest.fixture(scope="module")
def served(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    settings = service_settings(load_project(project))
    settings = settings.model_copy(update={"port": free_port(), "model_watch_seconds": 0.05})
    with closing(Store.open(settings.store_url)) as store:
        key = create_key(store, "test", Scope, now=datetime.now(UTC))
    errors = tmp_path_factory.mktemp("served") / "log"
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", START], cwd=ROOT, env=os.environ | settings.environment(), stderr=log
        )
    base = f"http://127.0.0.1:{settings.port}"
    with httpx2.Client(base_url=base, headers={"X-API-Key": key}, timeout=60) as client:
        try:
            wait_until(lambda: process.poll() is not None or is_ready(client))
            assert process.poll() is None, errors.read_text()
            yield Served(client, project)
        finally:
            process.kill()
            process.wait()


def is_ready(client: httpx2.Client) -> bool:
    try:
        return client.get("/v2/health/ready").status_code == 200
    except httpx2.TransportError:
        return False


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_the_run_published_is_computed_from_the_same_rows(served: Served, sales: Path) -> None:
    rows = pd.read_csv(sales, dtype=str)
    published = served.get("/v1/at-risk?limit=100&status=eligible")["data"][:12]
    customers = [
        {
            "customer_id": one["customer_id"],
            "transactions": rows[rows["customer_id"] == one["customer_id"]]
            .drop(columns="customer_id")
            .to_dict("records"),
        }
        for one in published
    ]
    told = served.client.post("/v1/scores/compute", json={"customers": customers}).json()
    assert len(told["results"]) == 12
    for one, batch in zip(told["results"], published, strict=True):
        for name in batch.keys() - AMONG_ALL:
            value, expected = one["score"][name], batch[name]
            if isinstance(expected, float):
                assert math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9), name
            else:
                assert value == expected, name


def test_what_is_promoted_answers_and_what_is_damaged_does_not(served: Served) -> None:
    bundles = served.project / "bundles"
    first = Bundle.load((bundles / "current").resolve())
    other, damaged = (replace(first, policy=replace(first.policy, margin_rate=rate)) for rate in (0.2, 0.3))
    for model in (other, damaged):
        model.save(bundles / model.version)
    shutil.copy(bundles / first.version / "golden.json", bundles / damaged.version / "golden.json")
    customers = made_up_customers(first)
    inputs = [
        {
            "name": name,
            "shape": [16],
            "datatype": "FP64",
            "data": customers[name].astype(object).where(customers[name].notna(), None).tolist(),
        }
        for name in first.metadata.features
    ]
    refused_before = failures(served)
    for model in (other, damaged, first):
        point_at(bundles / model.version)
        if model is damaged:
            wait_until(lambda: failures(served) == refused_before + 1)
            continue
        wait_until(lambda version=model.version: served.get("/v2/models/joren")["versions"] == [version])
        answer = served.client.post("/v2/models/joren/infer", json={"inputs": inputs}).json()
        assert answer["model_version"] == model.version
        golden = Golden.of(model).scores
        for output in answer["outputs"]:
            expected = [row[output["name"]] for row in golden]
            assert output["data"] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_many_connections_at_once_are_answered_without_an_error(served: Served) -> None:
    first = served.get("/v1/at-risk?limit=1")["data"][0]["customer_id"]
    key, port = {"X-API-Key": served.client.headers["X-API-Key"]}, served.client.base_url.port
    assert port is not None
    bodies = (
        ("/v1/scores/lookup", {"customer_ids": [first]}),
        ("/v1/scores/compute", {"customers": [{"customer_id": "nobody"}]}),
    )
    requests = [request_bytes("POST", path, key, json.dumps(body).encode()) for path, body in bodies]
    requests.append(request_bytes("GET", f"/v1/customers/{quote(first, safe='')}/score", key))
    load = under_load(port, requests, connections=20, seconds=1.0)
    assert load.errors == []
    assert load.took


def failures(served: Served) -> float:
    lines = served.client.get("/metrics").text.splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("model_load_failures_total")))


def test_a_served_process_loads_no_pickle_of_anything(served: Served) -> None:
    loaded = served.get("/v1/loaded")
    assert not {name.partition(".")[0] for name in loaded["modules"]} & NEVER
    assert loaded["unpickled"] == []
