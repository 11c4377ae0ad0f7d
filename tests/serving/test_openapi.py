from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from features.segments import CYCLE_STATUSES
from serving import errors
from serving.errors import STATUS, ModelNotFoundError, TensorsRefusedError, UnpredictableError
from serving.problems import Problem, type_of
from serving.schemas import LookupRequest
from serving.told_errors import MEANINGS
from serving.wire_score import Reason, Score
from tests.serving.conftest import Shop
from training.score_schema import REASON_TYPE, SCORE_COLUMNS, ChurnBand, ScoreStatus


@pytest.fixture
def document(unpublished: Shop) -> dict[str, Any]:
    return unpublished.client.get("/openapi.json").json()


PROBLEM_FORM = "application/problem+json", "Problem"
INFERENCE_FORM = "application/json", "InferenceError"
OF_INFERENCE = TensorsRefusedError, UnpredictableError, ModelNotFoundError


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_it_is_openapi_3_1_of_all_routes(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {name for name, _ in operations(document)} == {
        "DELETE /v1/customers/{customer_id}",
        "GET /v1/customers/{customer_id}/history",
        "GET /v1/customers/{customer_id}/score",
        "GET /v1/scores",
        "POST /v1/scores/lookup",
        "POST /v1/scores/compute",
        "GET /v1/at-risk",
        "GET /v1/segments",
        "GET /v1/segments/{segment}/customers",
        "GET /v1/cx",
        "GET /v1/models",
        "GET /v1/models/current",
        "POST /v1/models/current/reload",
        "GET /v1/runs",
        "POST /v1/jobs/score",
        "GET /v1/jobs",
        "GET /v1/jobs/{job_id}",
        "POST /v1/jobs/{job_id}/cancel",
        "GET /v2",
        "GET /v2/health/live",
        "GET /v2/health/ready",
        "GET /v2/models/{name}",
        "GET /v2/models/{name}/ready",
        "POST /v2/models/{name}/infer",
        "GET /v2/models/{name}/versions/{version}",
        "GET /v2/models/{name}/versions/{version}/ready",
        "POST /v2/models/{name}/versions/{version}/infer",
        "GET /livez",
        "GET /readyz",
        "GET /metrics",
    }


def test_every_operation_is_told_in_words_with_its_errors_and_its_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation["summary"], name
        assert operation["description"], name
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (name, parameter["name"])
            assert "null" not in json.dumps(parameter), (name, parameter["name"])
        if name in {"GET /livez", "GET /readyz", "GET /v2/health/live", "GET /v2/health/ready"}:
            assert "security" not in operation
            continue
        bearer, header = operation["security"]
        assert bearer["Bearer"] == header["ApiKey"] != []
        assert f"`{bearer['Bearer'][0]}`" in operation["description"]
        for status in ("401", "403", "429", "503"):
            form, schema = INFERENCE_FORM if "/v2" in name else PROBLEM_FORM
            content = operation["responses"][status]["content"]
            assert content[form]["schema"] == {"$ref": f"#/components/schemas/{schema}"}
    assert set(document["components"]["securitySchemes"]) == {"Bearer", "ApiKey"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    assert "HTTPValidationError" not in text
    for reference in {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}:
        kind, name = reference.split("/")
        assert name in document["components"][kind]


def test_every_field_of_an_answer_is_explained(document: dict[str, Any]) -> None:
    plain = {"status", "title", "detail", "message", "where", "data", "results"}
    for name, schema in document["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            assert about.get("description") or field in plain, (name, field)


def test_every_text_and_every_number_has_an_example(document: dict[str, Any]) -> None:
    told = {"examples", "enum", "const", "default"}
    for name, schema in document["components"]["schemas"].items():
        for field, about in schema.get("properties", {}).items():
            kinds = {str(kind.get("type")) for kind in about.get("anyOf", [about])}
            if kinds & {"string", "number", "integer"}:
                assert told & set(about), (name, field)


def test_every_error_has_a_form(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            assert status < "400" or answer["content"], (name, status)


def test_a_score_on_the_wire_is_a_score(document: dict[str, Any]) -> None:
    assert tuple(Score.model_fields) == SCORE_COLUMNS
    assert tuple(Reason.model_fields) == tuple(field.name for field in REASON_TYPE)
    properties = document["components"]["schemas"]["Score"]["properties"]
    assert properties["cycle_status"]["enum"] == [*(label.name for label in CYCLE_STATUSES), None]
    assert document["components"]["schemas"]["ScoreStatus"]["enum"] == [*ScoreStatus]
    assert document["components"]["schemas"]["ChurnBand"]["enum"] == [*ChurnBand]


def test_the_examples_are_ones_that_the_schemas_take() -> None:
    examples = {name: field.examples for name, field in Score.model_fields.items() if name != "reasons"}
    assert [name for name, given in examples.items() if not given] == []
    reason = {name: field.examples[0] for name, field in Reason.model_fields.items() if field.examples}
    row = {name: given[0] for name, given in examples.items() if given} | {"reasons": [reason]}
    assert Score.model_validate(row).reasons is not None
    ids = LookupRequest.model_fields["customer_ids"].examples
    assert ids
    LookupRequest(customer_ids=ids[0])


def test_the_quick_start_names_real_paths(document: dict[str, Any]) -> None:
    text = document["info"]["description"]
    assert "/v1/customers/00123/score?reasons=true" in text
    assert "/v1/at-risk?limit=20" in text
    assert "/v1/scores/lookup" in text


def test_every_error_that_reaches_a_client_has_a_status_and_a_description() -> None:
    assert {error.__name__ for error in STATUS} | {
        "STATUS",
        "ServingError",
        "StoreError",
        "KeyNotRotatedError",
        "RunExistsError",
        "RunOvertakenError",
        "ScoresRefusedError",
    } == set(errors.__all__)
    assert set(MEANINGS) == {*STATUS, RequestValidationError}


def test_a_client_that_is_made_from_it_has_plain_names(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert {"customer_score", "lookup_scores", "at_risk", "cancel_job"} <= set(names)
    assert len(set(names)) == len(names)


def test_each_error_is_told_where_it_happens_by_its_type_with_an_example(
    document: dict[str, Any],
) -> None:
    told = {
        name: {
            kind: status
            for status, answer in operation["responses"].items()
            for content in answer.get("content", {}).values()
            for kind in content.get("examples", {})
        }
        for name, operation in operations(document)
    }
    score = told["GET /v1/customers/{customer_id}/score"]
    assert score["customer-not-found"] == "404"
    assert not {"run-not-found", "job-not-found", "invalid-cursor", "malformed-body"} & set(score)
    assert told["POST /v1/scores/lookup"]["malformed-body"] == "400"
    assert told["POST /v2/models/{name}/infer"]["v2-model-not-found"] == "404"
    assert {kind for kinds in told.values() for kind in kinds if not kind.startswith("v2-")} == {
        type_of(kind)
        for kind in MEANINGS
        if kind not in {TensorsRefusedError, UnpredictableError, ModelNotFoundError}
    }
    for name, example in document["components"]["examples"].items():
        if name.startswith("v2-"):
            assert example["value"]["error"]
        else:
            assert Problem.model_validate(example["value"]).type == f"urn:joren:problem:{name}"
    assert "Successful Response" not in json.dumps(document)
