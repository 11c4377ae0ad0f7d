"""One customer over time."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.errors import CustomerNotFoundError, InvalidCursorError, NotPublishedError
from serving.gate import needs
from serving.routes.asked import LINKED, json_answer, refuse_repeated_parameters, service_of
from serving.routes.segments import Segments
from serving.told_errors import problems
from serving.wire_history import HistoryPage, HistoryQuery, history_answer
from serving.wire_score import CustomerId

__all__ = ["router"]

router = APIRouter(tags=["scores"], route_class=Segments)


@router.get(
    "/v1/customers/{customer_id:path}/history",
    summary="A customer's scores over the kept runs",
    response_model=HistoryPage,
    response_description="A page of the history.",
    responses=LINKED | problems(InvalidCursorError, CustomerNotFoundError, NotPublishedError),
    **needs(Scope.SCORES_READ),
)
def customer_history(
    request: Request,
    customer_id: Annotated[CustomerId, Path()],
    query: Annotated[HistoryQuery, Query()],
) -> Response:
    """Return what each kept run said of a customer, newest first, what changed, and why.

    It begins with the current run: after a rollback, what was published later is left out. Each run is held
    against the kept run before it that knows the customer. How many runs are kept is set in `[store]` of
    joren.toml.
    """
    refuse_repeated_parameters(request)
    history = service_of(request).history(
        customer_id, limit=query.limit, cursor=query.cursor, language=query.language
    )
    answer = json_answer(history_answer(history))
    if history.next_cursor is not None:
        asked = query.model_dump(mode="json", exclude_unset=True) | {"cursor": history.next_cursor}
        path = f"/v1/customers/{quote(customer_id, safe='')}/history"
        answer.headers["Link"] = f'<{path}?{urlencode(asked)}>; rel="next"'
    return answer
