"""Scores of customers whose history comes with the request."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from features.errors import RowsRefusedError
from features.quarantine import MENDS
from serving.auth import Scope
from serving.errors import ModelUnavailableError, RefusedRowsError, ServiceBusyError
from serving.explaining import Explaining
from serving.gate import needs
from serving.metrics import Metrics
from serving.routes.asked import json_answer, refuse_repeated_parameters, service_of
from serving.schemas import ScoreQuery
from serving.service import ScoringService
from serving.told_errors import problems
from serving.wire_compute import ComputeAnswer, ComputeItem, ComputeRequest
from serving.wire_score import Score

__all__ = ["router"]

router = APIRouter(tags=["scores"])

SHOWN = 100


@router.post(
    "/v1/scores/compute",
    summary="Scores from the history in the request",
    response_description="One result for each customer.",
    response_model=ComputeAnswer,
    responses=problems(RefusedRowsError, ModelUnavailableError, ServiceBusyError),
    **needs(Scope.SCORES_READ),
)
async def compute_scores(
    request: Request, asked: ComputeRequest, query: Annotated[ScoreQuery, Query()]
) -> Response:
    """Score 1 to 20 customers from their whole history, by the model in use. Nothing of it is kept.

    The numbers are those that a run with this model would publish. Rows are held to the data contract by the
    rules by which files are: where any is refused, the answer is a 422 that names each such row (up to 100)
    by a pointer and a code, and nothing is scored. Dates are never guessed: `3/4/2026` is refused.
    """
    refuse_repeated_parameters(request)
    state, explaining = request.app.state, Explaining(query.language, compute=query.reasons)
    with state.metrics.inferring("history"):
        answer: Response = await state.turns.take(
            _answer, service_of(request), state.metrics, asked, explaining
        )
    return answer


def _answer(
    service: ScoringService, metrics: Metrics, asked: ComputeRequest, explaining: Explaining
) -> Response:
    rows: dict[str, list[dict[str, str | None]]] = defaultdict(list)
    pointers: dict[str, list[str]] = defaultdict(list)
    for place, customer in enumerate(asked.customers):
        for table, pointer, texts in customer.rows():
            rows[table].append(texts)
            pointers[table].append(f"/customers/{place}{pointer}")
    try:
        told = service.compute(rows, asked.as_of, explaining)
    except RowsRefusedError as error:
        for one in error.refused:
            metrics.refused(one.reason)
        places = [
            (pointers[one.table][one.row], one.reason, _mend(one.reason)) for one in error.refused[:SHOWN]
        ]
        raise RefusedRowsError(places) from None
    ids = [one.customer_id for one in asked.customers]
    results = [
        ComputeItem(customer_id=one, status="scored", score=Score.model_validate(told.scores[one]))
        if one in told.scores
        else ComputeItem(customer_id=one, status="no_history", score=None)
        for one in ids
    ]
    return json_answer(
        ComputeAnswer(
            as_of=told.as_of, model_version=told.model_version, tables=list(told.tables), results=results
        )
    )


def _mend(reason: str) -> str:
    return next((mend for fault, mend in MENDS.items() if reason.startswith(fault)), "")
