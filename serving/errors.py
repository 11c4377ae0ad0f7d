"""Serving's branch of the error tree, and the one place that says which HTTP status each error has.

::

    JorenError
    └── ServingError                    1
        ├── StoreError                  2   the score store refuses what is asked of it
        │   ├── StoreUnavailableError       it cannot be opened or reached
        │   ├── RunExistsError              a run of this name was published before
        │   ├── RunOvertakenError           a later run was published while this one was being written
        │   ├── ScoresRefusedError          the frame is not one of whole, unique, finite scores
        │   └── RunNotFoundError            no kept run has that name
        ├── NotPublishedError               no run has been published yet
        ├── CustomerNotFoundError           the current run has no such customer
        ├── UnknownAttributeError           customers are not told apart by an attribute of this name
        ├── ExperienceNotKnownError         the run was published without figures of experience
        ├── InvalidCursorError              a cursor was altered, or belongs to another question
        ├── CursorExpiredError              the run that a cursor pages through has been pruned
        ├── ModelUnavailableError           no model is in use, or the one behind the run cannot be loaded
        ├── ModelRefusedError               the promoted bundle is not sound
        ├── NotReadyError                   not everything can be answered
        ├── ServiceBusyError                too much is being computed already
        ├── RefusedRowsError                rows of a request break the data contract
        ├── ModelNotFoundError              no model of this name, or of this version, is in use
        ├── TensorsRefusedError             the tensors of a request are no feature rows of the model
        ├── UnpredictableError              the feature rows of a request are no customer's
        ├── ReasonsUnavailableError         reasons cannot be computed for this customer any more
        ├── NotAuthenticatedError           no key, or not one that is live
        ├── NotAllowedError                 the key lacks the scope
        ├── KeyNotRotatedError          2   there is no such live key, or it was rotated before
        ├── TooManyRequestsError            the key's requests of this minute are spent
        ├── JobNotFoundError                there is no such job
        ├── JobUnderWayError                one job at a time, and another has not ended
        ├── JobsNotOfferedError             the service has no project to run jobs in
        ├── IdempotencyKeyReusedError       an Idempotency-Key was sent with another body before
        ├── NotAcceptableError              no form of the answer suits the Accept header
        ├── MalformedBodyError              the body is not the JSON that is expected
        ├── BodyTooLargeError               the body is larger than is accepted
        ├── BodyEncodingError               the body is compressed otherwise than with gzip
        ├── BodyTimeoutError                the body does not arrive in time
        ├── TargetTooLongError              the path and its query are longer than is accepted
        └── HeadersTooLargeError            the headers are larger than is accepted
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from features.errors import JorenError

__all__ = [
    "STATUS",
    "BodyEncodingError",
    "BodyTimeoutError",
    "BodyTooLargeError",
    "CursorExpiredError",
    "CustomerNotFoundError",
    "ExperienceNotKnownError",
    "HeadersTooLargeError",
    "IdempotencyKeyReusedError",
    "InvalidCursorError",
    "JobNotFoundError",
    "JobUnderWayError",
    "JobsNotOfferedError",
    "KeyNotRotatedError",
    "MalformedBodyError",
    "ModelNotFoundError",
    "ModelRefusedError",
    "ModelUnavailableError",
    "NotAcceptableError",
    "NotAllowedError",
    "NotAuthenticatedError",
    "NotPublishedError",
    "NotReadyError",
    "ReasonsUnavailableError",
    "RefusedRowsError",
    "RunExistsError",
    "RunNotFoundError",
    "RunOvertakenError",
    "ScoresRefusedError",
    "ServiceBusyError",
    "ServingError",
    "StoreError",
    "StoreUnavailableError",
    "TargetTooLongError",
    "TensorsRefusedError",
    "TooManyRequestsError",
    "UnknownAttributeError",
    "UnpredictableError",
]


class ServingError(JorenError):
    """Scores cannot be published, found or handed out."""


class StoreError(ServingError):
    """The score store refuses what is asked of it."""

    exit_code = 2


class StoreUnavailableError(StoreError):
    """The score store cannot be opened or reached."""


class RunExistsError(StoreError):
    """A run of this name was published before."""


class RunOvertakenError(StoreError):
    """A later run was published while this one was being written."""


class ScoresRefusedError(StoreError):
    """The frame is not one of whole, unique, finite scores."""


class RunNotFoundError(StoreError):
    """No run of that name is published and kept."""


class NotPublishedError(ServingError):
    """No run has been published yet."""

    exit_code = 2


class CustomerNotFoundError(ServingError):
    """The current run has no such customer."""

    exit_code = 2


class UnknownAttributeError(ServingError):
    """Customers are not told apart by an attribute of this name."""


class ExperienceNotKnownError(ServingError):
    """The run was published without figures of experience."""


class InvalidCursorError(ServingError):
    """A cursor was altered, or belongs to another question."""


class CursorExpiredError(ServingError):
    """The run that a cursor pages through has been pruned."""


class ModelUnavailableError(ServingError):
    """No model is in use, or the bundle behind the current run cannot be loaded."""

    exit_code = 2


class ModelRefusedError(ServingError):
    """The bundle that was promoted is not sound; what was in use before goes on answering."""


class NotReadyError(ServingError):
    """Not everything can be answered: something is missing, or the service is draining."""


class ServiceBusyError(ServingError):
    """Too much is being computed already."""


class ModelNotFoundError(ServingError):
    """No model of this name, or of this version, is in use."""


class TensorsRefusedError(ServingError):
    """The tensors of a request are no feature rows of the model."""


class UnpredictableError(ServingError):
    """The feature rows of a request are no customer's."""


class RefusedRowsError(ServingError):
    """Rows of a request break the data contract.

    ``places``: of each row, a JSON pointer into the body, the reason's code, and how to mend it.
    """

    def __init__(self, places: Sequence[tuple[str, str, str]]) -> None:
        self.places = tuple(places)
        super().__init__("Rows break the data contract; see errors.", mend="Mend them, or leave them out.")


class ReasonsUnavailableError(ServingError):
    """The behaviour row or the bundle behind a score is gone, so its reasons cannot be computed."""


class NotAuthenticatedError(ServingError):
    """No key was sent, or not one that is live."""


class NotAllowedError(ServingError):
    """The key lacks the scope."""


class KeyNotRotatedError(ServingError):
    """There is no such live key, or it was rotated before."""

    exit_code = 2


class TooManyRequestsError(ServingError):
    """The key's requests of this minute are spent."""


class JobNotFoundError(ServingError):
    """There is no job of that id."""


class JobUnderWayError(ServingError):
    """One job at a time: another has not ended yet."""


class JobsNotOfferedError(ServingError):
    """The service was started without a project that jobs could be run in."""


class IdempotencyKeyReusedError(ServingError):
    """An Idempotency-Key was sent with another body within the last 24 hours."""


class NotAcceptableError(ServingError):
    """No form of the answer suits the Accept header."""


class MalformedBodyError(ServingError):
    """The body is not the JSON that is expected."""


class BodyTooLargeError(ServingError):
    """The body is larger than is accepted."""


class BodyEncodingError(ServingError):
    """The body is compressed otherwise than with gzip."""


class BodyTimeoutError(ServingError):
    """The body does not arrive in time."""


class TargetTooLongError(ServingError):
    """The path and its query are longer than is accepted."""


class HeadersTooLargeError(ServingError):
    """The headers are larger than is accepted."""


STATUS: dict[type[ServingError], HTTPStatus] = {
    StoreUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    RunNotFoundError: HTTPStatus.NOT_FOUND,
    NotPublishedError: HTTPStatus.SERVICE_UNAVAILABLE,
    CustomerNotFoundError: HTTPStatus.NOT_FOUND,
    UnknownAttributeError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ExperienceNotKnownError: HTTPStatus.NOT_FOUND,
    InvalidCursorError: HTTPStatus.BAD_REQUEST,
    CursorExpiredError: HTTPStatus.GONE,
    ModelUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelRefusedError: HTTPStatus.CONFLICT,
    NotReadyError: HTTPStatus.SERVICE_UNAVAILABLE,
    ServiceBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    ModelNotFoundError: HTTPStatus.NOT_FOUND,
    TensorsRefusedError: HTTPStatus.BAD_REQUEST,
    UnpredictableError: HTTPStatus.BAD_REQUEST,
    RefusedRowsError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReasonsUnavailableError: HTTPStatus.GONE,
    NotAuthenticatedError: HTTPStatus.UNAUTHORIZED,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    JobNotFoundError: HTTPStatus.NOT_FOUND,
    JobUnderWayError: HTTPStatus.CONFLICT,
    JobsNotOfferedError: HTTPStatus.SERVICE_UNAVAILABLE,
    IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAcceptableError: HTTPStatus.NOT_ACCEPTABLE,
    MalformedBodyError: HTTPStatus.BAD_REQUEST,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyEncodingError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    BodyTimeoutError: HTTPStatus.REQUEST_TIMEOUT,
    TargetTooLongError: HTTPStatus.REQUEST_URI_TOO_LONG,
    HeadersTooLargeError: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
}
