"""Whole runs for other systems."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from serving.auth import Scope
from serving.errors import NotAcceptableError, NotPublishedError, RunNotFoundError
from serving.export import export_of, run_named
from serving.gate import needs
from serving.negotiation import CSV, JSON, NDJSON, preferred
from serving.routes.asked import refuse_repeated_parameters, service_of
from serving.told_errors import problems
from serving.wire_export import ExportedRun, ExportQuery, as_csv, as_json, as_ndjson

__all__ = ["router"]

router = APIRouter(tags=["scores"])

RUN_ID = "Joren-Run-Id"
WRITERS = {JSON: (as_json, "json"), CSV: (as_csv, "csv"), NDJSON: (as_ndjson, "ndjson")}
FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            CSV: {
                "schema": {"type": "string"},
                "example": "customer_id,as_of,horizon_days,…\r\n00123,2026-03-31,91,…\r\n",
            },
            NDJSON: {
                "schema": {"type": "string"},
                "example": '{"customer_id":"00123","as_of":"2026-03-31","horizon_days":91,…}\n',
            },
        }
    }
}
FORMS[200]["headers"] = {
    RUN_ID: {
        "description": "The run that the answer is of: the `changed_since_run` of the next time.",
        "schema": {"type": "string", "examples": ["20260401T033000Z-7f3a"]},
    }
}


@router.get(
    "/v1/scores",
    summary="Every score of a run",
    response_model=ExportedRun,
    response_description="The run, as it is read from the store.",
    responses=FORMS | problems(RunNotFoundError, NotAcceptableError, NotPublishedError),
    **needs(Scope.SCORES_READ),
)
def export_scores(request: Request, query: Annotated[ExportQuery, Query()]) -> Response:
    """Return a whole run, or what differs from another: JSON, CSV (`text/csv`) or `application/x-ndjson`.

    All rows are of the one run, also when another is published meanwhile. An answer that breaks off (the
    connection is cut) is not whole; one that ends is. To keep a copy in step, remember the `Joren-Run-Id` of
    the answer, and send it as `changed_since_run` the next time: customers who are `removed` are told, too.
    In the CSV, a text that a spreadsheet would run as a formula begins with an apostrophe; take JSON where
    ids must be exact.
    """
    refuse_repeated_parameters(request)
    form = preferred(request.headers.get("accept"), tuple(WRITERS))
    write, suffix = WRITERS[form]
    service = service_of(request)
    run = service.run() if query.run_id is None else run_named(service.store, query.run_id)
    export = export_of(service.store, run, query.changed_since_run)
    headers = {
        "Content-Disposition": f'attachment; filename="scores.{suffix}"',
        "Vary": "Accept",
        RUN_ID: run.run_id,
    }
    return StreamingResponse(write(export), media_type=form, headers=headers)
