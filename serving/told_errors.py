"""The errors that an operation answers, as its description tells them: each by its type, with an example."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError

from serving import errors as e
from serving.problems import MEDIA_TYPE, title_of, type_of

__all__ = ["MEANINGS", "examples", "inference_errors", "problems", "types_told"]

Kind = type[Exception]
Answers = dict[int | str, dict[str, Any]]

MEANINGS: dict[Kind, str] = {
    RequestValidationError: "A field or a parameter is missing, not known, or not as it should be; `errors` "
    "points at each.",
    e.MalformedBodyError: "The body is not strict JSON (UTF-8, names once, finite numbers, no deep nesting).",
    e.InvalidCursorError: "The cursor was altered, or belongs to other filters: start at the first page.",
    e.TensorsRefusedError: "The tensors are no feature rows of the model.",
    e.UnpredictableError: "The feature rows are no customer's: see the units of the features.",
    e.NotAuthenticatedError: "No key was sent, or one that is unknown, expired or revoked.",
    e.NotAllowedError: "The key lacks the scope that this needs.",
    e.CustomerNotFoundError: "No customer of this id has been scored.",
    e.RunNotFoundError: "No run of this name is kept; `/v1/runs` lists those that are.",
    e.JobNotFoundError: "There is no job of this id.",
    e.ExperienceNotKnownError: "The current run was published without figures of experience: score again.",
    e.ModelNotFoundError: "No model of this name and version is in use.",
    e.NotAcceptableError: "No form of the answer suits the Accept header.",
    e.BodyTimeoutError: "The body did not arrive in time.",
    e.JobUnderWayError: "Another job is under way: wait for it, or cancel it.",
    e.ModelRefusedError: "The promoted model is not sound; the one before goes on answering.",
    e.CursorExpiredError: "The run that the cursor pages through is no longer kept: start at the first page.",
    e.BodyTooLargeError: "The body is larger than 1 MiB, as it is sent or unpacked.",
    e.TargetTooLongError: "The path and its query are longer than 32 KiB.",
    e.BodyEncodingError: "The body is compressed otherwise than with gzip.",
    e.UnknownAttributeError: "Customers have no such attribute; `detail` names those that they have.",
    e.RefusedRowsError: "Rows break the data contract; `errors` names each by place, reason and code.",
    e.IdempotencyKeyReusedError: "This Idempotency-Key was sent with another body within the last 24 hours.",
    e.TooManyRequestsError: "The key's requests of this minute are spent, or too many unknown keys were sent "
    "from this address: `Retry-After` says when to go on.",
    e.HeadersTooLargeError: "The headers are larger than 32 KiB.",
    e.StoreUnavailableError: "The store of the scores does not answer.",
    e.NotPublishedError: "No scores have been published yet.",
    e.ModelUnavailableError: "No model is in use, or the one behind the scores cannot be loaded.",
    e.ReasonsUnavailableError: "The behaviour behind the score is gone: ask without `reasons=true`.",
    e.ServiceBusyError: "Too much is being computed already: try again in a second.",
    e.JobsNotOfferedError: "This service was started without a project that jobs could run in.",
    e.NotReadyError: "Scores, their model or the store are missing, or the service is draining.",
}
INFERENCE_SCHEMA = {"$ref": "#/components/schemas/InferenceError"}
EXAMPLES = "#/components/examples/"
INFERENCE_PREFIX = "v2-"


def problems(*kinds: Kind) -> Answers:
    """Return a route's errors for its description, by status."""
    return _told(kinds, MEDIA_TYPE, {"$ref": "#/components/schemas/Problem"}, "")


def inference_errors(*kinds: Kind) -> Answers:
    """Return the errors of a route of the Open Inference Protocol, which has a form of its own for them."""
    return _told(kinds, "application/json", INFERENCE_SCHEMA, INFERENCE_PREFIX)


def types_told(operation: dict[str, Any]) -> list[Kind]:
    """Return the errors that an operation tells of."""
    named = {
        name.removeprefix(INFERENCE_PREFIX)
        for answer in operation["responses"].values()
        for content in answer.get("content", {}).values()
        for name in content.get("examples", {})
    }
    return [kind for kind in MEANINGS if type_of(kind) in named]


def examples() -> dict[str, Any]:
    """Return an example of each error by its type, and in the other form by that with ``v2-`` before it."""
    told: dict[str, Any] = {}
    for kind, meaning in MEANINGS.items():
        name, detail = type_of(kind), meaning.replace("`", "")
        problem = {
            "type": f"urn:joren:problem:{name}",
            "title": title_of(kind),
            "status": int(_status(kind)),
            "detail": detail,
            "request_id": "4f5d0c1e9a7b4f0c8e6a2d3b1c0f9e8d",
        }
        told[name] = {"value": problem}
        told[INFERENCE_PREFIX + name] = {"value": {"error": detail}}
    return told


def _told(kinds: Iterable[Kind], media_type: str, schema: dict[str, Any], prefix: str) -> Answers:
    by_status: dict[int, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(int(_status(kind)), []).append(kind)
    return {
        status: {
            "description": "\n\n".join(_line(kind, named=not prefix) for kind in of_status),
            "content": {
                media_type: {
                    "schema": schema,
                    "examples": {
                        prefix + type_of(kind): {"$ref": EXAMPLES + prefix + type_of(kind)}
                        for kind in of_status
                    },
                }
            },
        }
        for status, of_status in by_status.items()
    }


def _line(kind: Kind, *, named: bool) -> str:
    return f"`{type_of(kind)}`: {MEANINGS[kind]}" if named else MEANINGS[kind]


def _status(kind: Kind) -> HTTPStatus:
    return HTTPStatus.UNPROCESSABLE_ENTITY if kind is RequestValidationError else e.STATUS[kind]  # type: ignore[index]
