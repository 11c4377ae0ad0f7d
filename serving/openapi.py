"""The API's description: OpenAPI 3.1 with errors and auth in it, for people first."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.gate import SECURITY_SCHEMES
from serving.problems import INFERENCE, MEDIA_TYPE, Problem

__all__ = ["describe", "inference_errors", "problems"]

DESCRIPTION = r"""
Joren (常連) says which customers are about to leave, what each is worth, and why. This API hands out its
scores, lists and figures, and computes scores from a history that you send.

**Quick start.** `joren keys create crm` prints a key, once. Then:

```
curl -H "X-API-Key: $JOREN_KEY" "http://127.0.0.1:8000/v1/customers/00123/score?reasons=true"
curl -H "X-API-Key: $JOREN_KEY" "http://127.0.0.1:8000/v1/at-risk?limit=20"
curl -H "X-API-Key: $JOREN_KEY" -H "Accept: text/csv" "http://127.0.0.1:8000/v1/at-risk?limit=100"
curl -H "X-API-Key: $JOREN_KEY" -H "Content-Type: application/json" \
     -d '{"customer_ids": ["00123", "c-7f"]}' "http://127.0.0.1:8000/v1/scores/lookup"
```

`docs/api.md` walks from the first key to a nightly sync, with commands that a test types.

**Runs.** Scores are published by runs. An answer comes from one run, whole; the next run replaces all scores
at once. When the next run is overdue, answers under `/v1` carry `Joren-Scores-Stale: true; age_days=41`.

**Models.** `POST /v1/scores/compute` and `/v2` answer by the model in use: the one promoted last, from a
second after it was. Stored scores stay those of their run, and are explained by the model that gave them.
Every answer names its `model_version`. Errors under `/v2` have the protocol's own form.

**Time.** Dates are local days in the business's zone; a horizon of N days begins the day after `as_of` and
holds both its ends. Moments (`published_at`) are in UTC.

**Ids** are the business's own, any non-empty text. In a path an id is percent-encoded (`a/b` is `a%2Fb`); the
ids `.` and `..`, which clients resolve away, can be asked for by `POST /v1/scores/lookup`.

**Keys** have scopes; each operation below names its own. A key may be sent as `Authorization: Bearer …` or as
`X-API-Key: …`. `joren keys rotate` lets two live side by side for a while.

**Limits.** A key has so many requests a minute, on all workers together: `RateLimit-Policy:
"requests";q=6000;w=60`. Every answer says what is left: `RateLimit: "requests";r=5999;t=42`. Beyond, a 429
with `Retry-After`; so is who tries more than 60 unknown keys a minute from one address. Bodies hold at most
1 MiB, also unpacked from gzip; paths and headers 32 KiB each (414, 431).

**Caching.** Scores, lists and figures carry an `ETag`; with `If-None-Match`, what has not changed is a 304.

**Lists** come in pages, 20 customers unless `limit` (at most 100) says otherwise. Follow the `Link` header,
or pass `next_cursor` on as `cursor`. All pages of a walk show the run that it began with.

**Errors** are `application/problem+json` (RFC 9457); `type` is stable, and values that you sent are never
repeated. Every answer carries `X-Request-Id`; send your own (up to 128 of `A-Za-z0-9._-`) to find it in the
log. Under `/v2`, which is the Open Inference Protocol, errors have that protocol's form.

**Unknown fields and parameters** are refused rather than ignored. Fields may be added to answers.
"""

TITLES = {
    400: "The body is not strict JSON, or the cursor is not one that this service gave for this question.",
    401: "No live API key was sent.",
    403: "The key lacks the scope.",
    404: "There is no such customer, run or job.",
    406: "No form of the answer suits the Accept header.",
    408: "The body did not arrive in time.",
    409: "Another job is under way, or the promoted model is not sound.",
    410: "The run that the cursor pages through is no longer kept: start at the first page.",
    413: "The body is larger than 1 MiB, as it is sent or unpacked.",
    414: "The path and its query are longer than 32 KiB.",
    415: "The body is compressed otherwise than with gzip.",
    422: "A field or a parameter is missing, unknown or not as it should be.",
    429: "The key's requests of this minute are spent, or too many unknown keys were sent from this address: "
    "`Retry-After` says when to go on.",
    431: "The headers are larger than 32 KiB.",
    503: "No scores have been published, or the store or the model behind the scores does not answer.",
}

INFERENCE_TITLES = {
    400: "The tensors are no feature rows of the model, or the body is not strict JSON.",
    404: "No model of this name and version is in use.",
    503: "No model is in use yet, or too much is being predicted already.",
}
INFERENCE_ERROR = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {"type": "string", "description": "What is wrong."}},
        },
        "example": {"error": "This version is not in use. Ask for 0a1b2c3d4e5f, or for none."},
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return a route's errors for its description."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": content} for status in statuses}


def inference_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the errors of a route of the Open Inference Protocol, which has a form of its own for them."""
    return {
        status: {"description": INFERENCE_TITLES.get(status, TITLES[status]), "content": INFERENCE_ERROR}
        for status in statuses
    }


QUOTA = {
    "RateLimit-Policy": {
        "description": "The key's limit: `q` requests in `w` seconds.",
        "schema": {"type": "string", "examples": ['"requests";q=6000;w=60']},
    },
    "RateLimit": {
        "description": "What is left: `r` requests, until a new window begins in `t` seconds.",
        "schema": {"type": "string", "examples": ['"requests";r=5999;t=42']},
    },
}
WAIT = {
    "Retry-After": {
        "description": "Seconds until the key may ask again.",
        "schema": {"type": "integer", "examples": [42]},
    }
}
LIMITED = {"headers": QUOTA | WAIT}


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
        for path, operation in (
            (path, one) for path, methods in document["paths"].items() for one in methods.values()
        ):
            errors = inference_errors if path.startswith(INFERENCE) else problems
            for parameter in operation.get("parameters", []):
                parameter["schema"] = _without_null(parameter["schema"])
            of_any = (408, 414, 431) if "requestBody" in operation else (414, 431)
            operation["responses"] |= {str(status): told for status, told in errors(*of_any).items()}
            for scope in _scopes(operation):
                operation["responses"] |= {"429": errors(429)[429] | LIMITED}
                operation["description"] += f"\n\nNeeds a key with the scope `{scope}`."
        document["components"]["securitySchemes"] = SECURITY_SCHEMES
        schemas = document["components"]["schemas"]
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem.pop("$defs")
        schemas["Problem"] = problem
        app.openapi_schema = document
    return app.openapi_schema


def _scopes(operation: dict[str, Any]) -> list[str]:
    ways: list[dict[str, list[str]]] = operation.get("security", [])
    return sorted({scope for way in ways for scopes in way.values() for scope in scopes})


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter that may be left out, but never be null."""
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    return schema | {name: value for kind in kinds for name, value in kind.items()}
