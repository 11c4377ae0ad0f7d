"""The Open Inference Protocol: feature rows in, the bundle's own predictions out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from numpy.typing import NDArray

from serving.app import create_app
from serving.auth import Scope, create_key
from serving.errors import ServiceBusyError, UnpredictableError
from serving.in_use import ModelInUse
from serving.inference import MOST_ROWS, MOST_WAITING, Inference
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.serving.conftest import Shop
from tests.training.bundles import VALUE_ONLY_DAYS, fitted
from training.bundle import NUMBERS, Bundle
from training.errors import ModelInputError
from training.golden import made_up_customers

INFER = "/v2/models/joren/infer"


@dataclass(frozen=True)
class Inferring:
    client: TestClient
    bundle: Bundle

    @property
    def customers(self) -> pd.DataFrame:
        return made_up_customers(self.bundle)

    def columns(self, rows: int = 16) -> list[dict[str, Any]]:
        """Return the golden customers as one tensor for each feature."""
        few = self.customers[:rows]
        return [
            {"name": name, "shape": [rows], "datatype": "FP64", "data": numbers(few[name])}
            for name in self.bundle.metadata.features
        ]

    def ask(self, inputs: object, path: str = INFER, **more: object) -> httpx2.Response:
        return self.client.post(path, json={"inputs": inputs, **more})


def numbers(values: pd.Series[Any]) -> list[float | None]:
    return [None if pd.isna(value) else float(value) for value in values]


@pytest.fixture(scope="module")
def inferring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inferring]:
    bundle = fitted(VALUE_ONLY_DAYS)
    folder = tmp_path_factory.mktemp("inferring")
    with closing(Store.open(f"sqlite:///{folder}/scores.db")) as store:
        service = ScoringService(store, Shelf(folder, Bundle.load), ModelInUse(bundle))
        with TestClient(create_app(Settings(key_cache_seconds=0), service)) as client:
            client.headers["X-API-Key"] = create_key(store, "test", Scope, now=datetime.now(UTC))
            yield Inferring(client, bundle)


def test_the_model_tells_its_inputs_and_outputs(inferring: Inferring) -> None:
    bundle, client = inferring.bundle, inferring.client
    told = client.get("/v2/models/joren").json()
    assert told["versions"] == [bundle.version]
    assert [one["name"] for one in told["inputs"]] == list(bundle.metadata.features)
    assert [one["name"] for one in told["outputs"]] == list(NUMBERS)
    assert told["parameters"]["horizon_days"] == VALUE_ONLY_DAYS
    assert client.get(f"/v2/models/joren/versions/{bundle.version}").json() == told
    for path in ("/v2/models/joren/ready", f"/v2/models/joren/versions/{bundle.version}/ready"):
        assert client.get(path).json() == {"name": "joren", "ready": True}
    assert client.get("/v2").json() == {"name": "joren", "version": "1", "extensions": []}
    open_to_all = {"X-API-Key": ""}
    assert client.get("/v2/health/live", headers=open_to_all).json() == {"live": True}
    assert client.get("/v2/health/ready", headers=open_to_all).json() == {"ready": True}


def test_what_is_inferred_is_what_the_bundle_scores(inferring: Inferring) -> None:
    bundle = inferring.bundle
    scores = bundle.score_table(inferring.customers, bundle.metadata.as_of)
    told = inferring.ask(inferring.columns(), id="42").json()
    assert (told["id"], told["model_name"], told["model_version"]) == ("42", "joren", bundle.version)
    assert told["parameters"] == {"as_of": str(bundle.metadata.as_of)}
    for output in told["outputs"]:
        assert (output["shape"], output["datatype"]) == ([16], "FP64")
        assert output["data"] == pytest.approx(numbers(scores[output["name"]]), abs=1e-9)
    assert [output["name"] for output in told["outputs"]] == list(NUMBERS)


def test_one_tensor_of_all_features_says_the_same_flat_or_nested(inferring: Inferring) -> None:
    features = list(inferring.bundle.metadata.features)
    nested = [numbers(row) for _, row in inferring.customers[features].iterrows()]
    flat = [value for row in nested for value in row]
    told = inferring.ask(inferring.columns()).json()["outputs"]
    for data in (nested, flat):
        tensor = {"name": "features", "shape": [16, len(features)], "datatype": "FP32", "data": data}
        assert inferring.ask([tensor]).json()["outputs"] == told
    pandas_codec = [
        {**one, "shape": [16, 1], "parameters": {"content_type": "np"}} for one in inferring.columns()
    ]
    assert inferring.ask(pandas_codec).json()["outputs"] == told


def test_outputs_are_chosen_and_a_moment_may_be_given(inferring: Inferring) -> None:
    path = f"/v2/models/joren/versions/{inferring.bundle.version}/infer"
    wanted = [{"name": "predicted_clv"}, {"name": "churn_probability"}]
    told = inferring.ask(
        inferring.columns(1), path, outputs=wanted, parameters={"as_of": "1998-01-31"}
    ).json()
    assert [one["name"] for one in told["outputs"]] == ["predicted_clv", "churn_probability"]
    assert told["parameters"] == {"as_of": "1998-01-31"}


def amiss(inferring: Inferring) -> Iterator[tuple[str, dict[str, Any]]]:
    sound = inferring.columns(2)
    first, *others = sound
    yield "inputs lack", {"inputs": others}
    yield "no features", {"inputs": [*sound, {**first, "name": "colour"}]}
    yield "twice", {"inputs": [*sound, first]}
    yield "no number", {"inputs": [{**first, "data": ["secret", 1]}, *others]}
    yield "neither flat", {"inputs": [{**first, "data": [[1], 1]}, *others]}
    yield "fill its shape", {"inputs": [{**first, "data": [1]}, *others]}
    yield "beyond a double", {"inputs": [{**first, "data": [10**400, 1]}, *others]}
    yield "as many rows", {"inputs": [{**first, "shape": [1], "data": [1]}, *others]}
    yield "datatype", {"inputs": [{**first, "datatype": "BYTES"}, *others]}
    yield "values", {"inputs": [{"name": "features", "shape": [1, 2], "datatype": "FP64", "data": [1, 2]}]}
    yield "none of the model", {"inputs": sound, "outputs": [{"name": "secret"}]}
    yield "no day", {"inputs": sound, "parameters": {"as_of": "yesterday"}}
    yield "out of range", {"inputs": sound, "parameters": {"as_of": "1066-10-14"}}
    yield "parameter", {"inputs": sound, "parameters": {"secret": 1}}


def test_what_is_no_feature_row_is_refused_in_the_protocol_s_own_form(inferring: Inferring) -> None:
    for said, body in amiss(inferring):
        answer = inferring.client.post(INFER, json=body)
        assert answer.status_code == 400, said
        assert set(answer.json()) == {"error"}
        assert said in answer.json()["error"]
        assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/models/other", 404),
        ("/v2/models/joren/versions/000000000000/ready", 404),
        ("/v2/nothing", 404),
        ("/v2/models/joren?x=1", 422),
    ],
)
def test_errors_have_the_protocol_s_own_form(inferring: Inferring, path: str, status: int) -> None:
    answer = inferring.client.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    refused = inferring.client.get(path, headers={"X-API-Key": "joren_x"})
    assert (refused.status_code, list(refused.json())) == (401, ["error"])
    for content in (b"{", b'{"inputs": 7}', b'{"inputs": [], "extra": 1}'):
        headers = {"Content-Type": "application/json"}
        broken = inferring.client.post(INFER, content=content, headers=headers)
        assert broken.status_code in {400, 422}
        assert list(broken.json()) == ["error"]


def test_strange_rows_are_predicted_or_refused_but_never_a_fault(inferring: Inferring) -> None:
    features = list(inferring.bundle.metadata.features)
    for value in (None, 0, -1, 1e300, -1e300, 1e-300, 0.5, 10**15):
        tensor = {"name": "features", "shape": [1, len(features)], "datatype": "FP64"}
        answer = inferring.ask([{**tensor, "data": [value] * len(features)}])
        assert answer.status_code in {200, 400}, value
        json.loads(answer.text, parse_constant=pytest.fail)


def test_without_a_model_it_is_not_ready(served: Shop) -> None:
    assert served.client.get("/v2/health/ready").status_code == 503
    assert served.client.get("/v2/health/ready").json() == {"ready": False}
    answer = served.client.get("/v2/models/joren")
    assert (answer.status_code, list(answer.json())) == (503, ["error"])


class Doubling:
    """A model of one feature, which it doubles; a negative one is nobody's."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.metadata = self
        self.features = ("orders",)

    def numbers(self, behaviour: pd.DataFrame, as_of: date) -> Mapping[str, NDArray[np.float64]]:
        self.asked.append(len(behaviour))
        if (behaviour["orders"] < 0).any():
            raise ModelInputError("A negative number of orders.")
        return {"doubled": behaviour["orders"].to_numpy() * 2.0 + (as_of.year == 2025)}


def rows(*values: float) -> NDArray[np.float64]:
    return np.array(values).reshape(-1, 1)


def test_what_comes_meanwhile_is_predicted_together_and_each_gets_its_own() -> None:
    model, then = Doubling(), date(2026, 1, 1)

    async def ask() -> list[Any]:
        inference = Inference()
        asked = [inference.predict(model, then, rows(k, k + 0.5)) for k in range(40)]  # type: ignore[arg-type]
        asked.append(inference.predict(model, date(2025, 1, 1), rows(7)))  # type: ignore[arg-type]
        return await asyncio.gather(*asked)

    answers = asyncio.run(ask())
    for k, answer in enumerate(answers[:40]):
        assert answer["doubled"].tolist() == [2 * k, 2 * k + 1]
    assert answers[40]["doubled"].tolist() == [15]
    assert model.asked == [80, 1]


def test_one_that_is_at_fault_fails_alone_and_too_many_are_sent_away() -> None:
    model, then = Doubling(), date(2026, 1, 1)

    async def ask() -> list[Any]:
        inference = Inference()
        values = [1.0, -1.0, *range(MOST_WAITING)]
        asked = [inference.predict(model, then, rows(value)) for value in values]  # type: ignore[arg-type]
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(ask())
    assert answers[0]["doubled"].tolist() == [2]
    assert isinstance(answers[1], UnpredictableError)
    assert [type(one) for one in answers[MOST_WAITING:]] == [ServiceBusyError] * 2
    assert answers[2]["doubled"].tolist() == [0]


def test_many_rows_are_taken_in_parts() -> None:
    model, then = Doubling(), date(2026, 1, 1)

    async def ask() -> None:
        inference, many = Inference(), rows(*[1.0] * (MOST_ROWS - 1))
        await asyncio.gather(*(inference.predict(model, then, many) for _ in range(3)))  # type: ignore[arg-type]

    asyncio.run(ask())
    assert model.asked == [MOST_ROWS - 1] * 3
