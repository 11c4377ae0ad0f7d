"""Jobs: to score again is asked for here, watched, and called off."""

from __future__ import annotations

from typing import Annotated, Any, cast
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.cursors import CursorSigner
from serving.errors import (
    IdempotencyKeyReusedError,
    InvalidCursorError,
    JobNotFoundError,
    JobsNotOfferedError,
    JobUnderWayError,
)
from serving.gate import needs
from serving.job_desk import JobDesk
from serving.routes.asked import LINKED, json_answer, refuse_parameters, refuse_repeated_parameters
from serving.told_errors import problems
from serving.wire_jobs import JobAnswer, JobPage, JobsQuery, ScoreRequest, job_answer

__all__ = ["router"]

router = APIRouter(tags=["jobs"])

QUESTION = "jobs"
JobId = Annotated[
    str, Path(description="As `POST /v1/jobs/score` gave it.", max_length=100, pattern=r"^[\x21-\x7e]+$")
]
TAKEN_ON: dict[int | str, dict[str, Any]] = {
    202: {
        "headers": {
            "Location": {"description": "Where the job can be watched.", "schema": {"type": "string"}},
            "Idempotency-Replayed": {
                "description": "`true` where this key began the job before.",
                "schema": {"type": "string"},
            },
        }
    }
}


@router.post(
    "/v1/jobs/score",
    status_code=202,
    summary="Score every customer again",
    response_model=JobAnswer,
    response_description="The job that was begun, or that this Idempotency-Key had begun.",
    responses=TAKEN_ON | problems(JobUnderWayError, IdempotencyKeyReusedError, JobsNotOfferedError),
    **needs(Scope.JOBS_WRITE),
)
def score_all(
    request: Request,
    asked: ScoreRequest,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="Any text of your own: for 24 hours the same key and body are the same job, so "
            "that a request whose answer was lost can be sent again.",
        ),
    ] = None,
) -> Response:
    """Read the business's tables, score with the champion, and publish: what `joren score` does.

    One job is under way at a time, and none beside a `joren run`. Watch it at `Location`; answers come from
    the run before until it has succeeded.
    """
    refuse_parameters(request)
    by = request.state.key.prefix
    job, is_new = _desk(request).take_on(
        asked.model_dump(mode="json"), by=by, idempotency_key=idempotency_key
    )
    answer = json_answer(job_answer(job))
    answer.status_code = 202
    answer.headers["Location"] = f"/v1/jobs/{job.job_id}"
    if not is_new:
        answer.headers["Idempotency-Replayed"] = "true"
    return answer


@router.get(
    "/v1/jobs",
    summary="The jobs of the last 30 days",
    response_model=JobPage,
    response_description="A page of jobs, newest first.",
    responses=LINKED | problems(InvalidCursorError),
    **needs(Scope.JOBS_WRITE),
)
def jobs(request: Request, query: Annotated[JobsQuery, Query()]) -> Response:
    """Return the jobs that are under way or have ended."""
    refuse_repeated_parameters(request)
    signer = CursorSigner(request.app.state.service.store.secret("cursors"))
    before = None if query.cursor is None else signer.unseal(query.cursor, QUESTION)
    found = _desk(request).jobs.newest(before=before, limit=query.limit + 1)
    page = found[: query.limit]
    more = signer.seal(page[-1].job_key, QUESTION) if len(found) > query.limit else None
    data = [job_answer(job) for job in page]
    answer = json_answer(JobPage(data=data, has_more=more is not None, next_cursor=more))
    if more is not None:
        asked = query.model_dump(mode="json", exclude_unset=True) | {"cursor": more}
        answer.headers["Link"] = f'</v1/jobs?{urlencode(asked)}>; rel="next"'
    return answer


@router.get(
    "/v1/jobs/{job_id}",
    summary="The state of a job",
    response_model=JobAnswer,
    response_description="The job.",
    responses=problems(JobNotFoundError),
    **needs(Scope.JOBS_WRITE),
)
def job(request: Request, job_id: JobId) -> Response:
    """Return a job as it stands. One whose process died is `failed` within 20 seconds."""
    refuse_parameters(request)
    return json_answer(job_answer(_desk(request).jobs.job(job_id)))


@router.post(
    "/v1/jobs/{job_id}/cancel",
    summary="Cancel a job",
    response_model=JobAnswer,
    response_description="The job; it is `cancelled` within seconds.",
    responses=problems(JobNotFoundError),
    **needs(Scope.JOBS_WRITE),
)
def cancel_job(request: Request, job_id: JobId) -> Response:
    """Stop a job; what was published before stays. One that has ended stays as it is."""
    refuse_parameters(request)
    return json_answer(job_answer(_desk(request).jobs.request_cancel(job_id)))


def _desk(request: Request) -> JobDesk:
    return cast("JobDesk", request.app.state.desk)
