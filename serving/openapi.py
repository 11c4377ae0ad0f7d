"""The API's description: OpenAPI 3.1 with errors and auth in it, for people first."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from serving.errors import (
    BodyEncodingError,
    BodyTimeoutError,
    BodyTooLargeError,
    HeadersTooLargeError,
    MalformedBodyError,
    NotAllowedError,
    NotAuthenticatedError,
    StoreUnavailableError,
    TargetTooLongError,
    TooManyRequestsError,
)
from serving.gate import SECURITY_SCHEMES
from serving.problems import INFERENCE, Problem
from serving.told_errors import examples, inference_errors, problems, types_told

__all__ = ["describe"]

DESCRIPTION = r"""
Joren (常連) says which customers are about to leave, what each is worth, and why. This API hands out its
scores, lists and figures, and computes scores from a history that you send.

**Quick start.** `joren keys create crm` prints a key, once. Then, with ids of your own:

```
curl -H "X-API-Key: $JOREN_KEY" "http://127.0.0.1:8000/v1/at-risk?limit=20"
curl -H "X-API-Key: $JOREN_KEY" "http://127.0.0.1:8000/v1/customers/00123/score?reasons=true"
curl -H "X-API-Key: $JOREN_KEY" -H "Accept: text/csv" "http://127.0.0.1:8000/v1/at-risk?limit=100"
curl -H "X-API-Key: $JOREN_KEY" -H "Content-Type: application/json" \
     -d '{"customer_ids": ["00123", "c-7f"]}' "http://127.0.0.1:8000/v1/scores/lookup"
```

`docs/api.md` walks from the first key to a nightly sync, with commands that a test types.

**Runs.** Scores are published by runs. An answer comes from one run, whole; the next run replaces all scores
at once. When the next run is overdue, answers under `/v1` carry `Joren-Scores-Stale: true; age_days=41`.

**Models.** `POST /v1/scores/compute` and `/v2` answer by the model in use: the one promoted last, from a
second after it was. Stored scores stay those of their run, and are explained by the model that gave them.
Every score names its `model_version`. Errors under `/v2` have the protocol's own form.

**Time.** Dates are local days in the business's zone; a horizon of N days begins the day after `as_of` and
holds both its ends. Moments (`published_at`) are in UTC.

**Ids** are the business's own, any non-empty text. In a path an id is percent-encoded (`a/b` is `a%2Fb`); the
ids `.` and `..`, which clients resolve away, can be asked for by `POST /v1/scores/lookup`.

**Keys** have scopes; each operation below names its own. A key may be sent as `Authorization: Bearer …` or as
`X-API-Key: …`. `joren keys rotate` lets two live side by side for a while.

**Limits.** A key has so many requests a minute, on all workers together: `RateLimit-Policy:
"requests";q=6000;w=60`. Every answer says what is left: `RateLimit: "requests";r=5999;t=42`. Beyond, a 429
with `Retry-After`, which also stops more than 60 unknown keys a minute from one address. Bodies hold at most
1 MiB, also unpacked from gzip; paths and headers 32 KiB each (414, 431).

**Caching.** Scores, lists and figures carry an `ETag`; with `If-None-Match`, what has not changed is a 304.

**Lists** come in pages, 20 customers unless `limit` (at most 100) says otherwise. Follow the `Link` header,
or pass `next_cursor` on as `cursor`. All pages of a walk show the run that it began with.

**Errors** are `application/problem+json` (RFC 9457); `type` is stable, and values that you sent are never
repeated. Every answer carries `X-Request-Id`; send your own (up to 128 of `A-Za-z0-9._-`) to find it in the
log. Under `/v2`, which is the Open Inference Protocol, errors have that protocol's form.

**HEAD** is answered as GET is, without the body. **Unknown fields and parameters** are refused rather than
ignored. Fields may be added to answers.
"""

QUOTA: dict[str, Any] = {
    "RateLimit-Policy": {
        "description": "The key's limit: `q` requests in `w` seconds.",
        "schema": {"type": "string", "examples": ['"requests";q=6000;w=60']},
    },
    "RateLimit": {
        "description": "What is left: `r` requests, until a new window begins in `t` seconds.",
        "schema": {"type": "string", "examples": ['"requests";r=5999;t=42']},
    },
}
WAIT: dict[str, Any] = {
    "Retry-After": {
        "description": "Seconds until the key may ask again.",
        "schema": {"type": "integer", "examples": [42]},
    }
}
ID: dict[str, Any] = {
    "X-Request-Id": {
        "description": "The request's own, or made for it; it stands in the service's log.",
        "schema": {"type": "string", "examples": ["crm-4711"]},
    }
}
STALE: dict[str, Any] = {
    "Joren-Scores-Stale": {
        "description": "Sent when the next run is overdue: for how many days the scores have stood.",
        "schema": {"type": "string", "examples": ["true; age_days=41"]},
    }
}
HEADERS = QUOTA | WAIT | ID | STALE
INFERENCE_ERROR = {
    "type": "object",
    "description": "An error, in the form of the Open Inference Protocol.",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "string",
            "description": "What is wrong.",
            "examples": ["There is no model of this name. Ask for joren."],
        }
    },
}

OF_ANY = (TargetTooLongError, HeadersTooLargeError)
OF_KEYS = (NotAuthenticatedError, NotAllowedError, TooManyRequestsError, StoreUnavailableError)
OF_BODIES = (MalformedBodyError, BodyTooLargeError, BodyEncodingError, BodyTimeoutError)


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=DESCRIPTION.strip(),
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=app.license_info,
        )
        names = {route.path_format: route.name for route in app.routes if isinstance(route, APIRoute)}
        for path, methods in document["paths"].items():
            for operation in methods.values():
                operation["operationId"] = names[path]
                _complete(path, operation)
        parts = document["components"]
        parts["securitySchemes"] = SECURITY_SCHEMES
        parts["examples"] = examples()
        parts["headers"] = HEADERS
        for unused in ("HTTPValidationError", "ValidationError"):
            parts["schemas"].pop(unused, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        parts["schemas"] |= problem.pop("$defs")
        parts["schemas"] |= {"Problem": problem, "InferenceError": INFERENCE_ERROR}
        app.openapi_schema = document
    return app.openapi_schema


def _complete(path: str, operation: dict[str, Any]) -> None:
    """Tell of an operation what is true of many: its key, its errors, the headers of its answers."""
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
    scopes, answers = _scopes(operation), operation["responses"]
    kinds: list[type[Exception]] = [*types_told(operation), *OF_ANY]
    for scope in scopes:
        kinds += OF_KEYS
        operation["description"] += f"\n\nNeeds a key with the scope `{scope}`."
    if "requestBody" in operation:
        kinds += OF_BODIES
    if path.startswith((INFERENCE, "/v1/")) and scopes:
        kinds.append(RequestValidationError)
    told = inference_errors if path.startswith(INFERENCE) else problems
    answers |= {str(status): answer for status, answer in told(*kinds).items()}
    for status, answer in answers.items():
        if not status.startswith("2") and status != "429":
            continue
        names = [*ID, *(QUOTA if scopes else ()), *(STALE if path.startswith("/v1/") else ())]
        names += WAIT if status == "429" else ()
        answer["headers"] = answer.get("headers", {}) | {
            name: {"$ref": f"#/components/headers/{name}"} for name in names
        }
    operation["responses"] = {status: answers[status] for status in sorted(answers)}


def _scopes(operation: dict[str, Any]) -> list[str]:
    ways: list[dict[str, list[str]]] = operation.get("security", [])
    return sorted({scope for way in ways for scopes in way.values() for scope in scopes})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter that may be left out, but never be null."""
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    return schema | {name: value for kind in kinds for name, value in kind.items()}
