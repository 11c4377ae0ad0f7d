"""Lists of customers: whom to call today, and who stands in a segment."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from serving.auth import Scope
from serving.errors import (
    CursorExpiredError,
    InvalidCursorError,
    ModelUnavailableError,
    NotAcceptableError,
    NotPublishedError,
    ReasonsUnavailableError,
    UnknownAttributeError,
)
from serving.gate import needs
from serving.negotiation import CSV, JSON, preferred
from serving.routes.asked import (
    LINKED,
    REVALIDATED,
    json_answer,
    refuse_repeated_parameters,
    revalidated,
    service_of,
)
from serving.schemas import AtRiskQuery, CustomerPage, SegmentName, SegmentQuery
from serving.service import Explaining, Page
from serving.spreadsheet import to_csv
from serving.store import AtRiskFilter, SegmentFilter
from serving.told_errors import problems
from serving.wire_score import shown
from training.score_schema import SCORE_COLUMNS

__all__ = ["router"]

router = APIRouter(tags=["lists"])

PATH = "/v1/at-risk"
SEGMENT_PATH = "/v1/segments/{segment}/customers"
FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            CSV: {
                "schema": {"type": "string"},
                "example": "customer_id,as_of,horizon_days,…\r\n00123,2026-03-31,91,…\r\n",
            }
        },
        "headers": REVALIDATED[200]["headers"] | LINKED[200]["headers"],
    },
    304: REVALIDATED[304],
}

OF_LISTS = (
    InvalidCursorError,
    NotAcceptableError,
    CursorExpiredError,
    NotPublishedError,
    ModelUnavailableError,
    ReasonsUnavailableError,
)


@router.get(
    PATH,
    summary="Customers at risk, the most value at risk first",
    response_model=CustomerPage,
    response_description="A page of the list.",
    responses=FORMS | problems(*OF_LISTS, UnknownAttributeError),
    **needs(Scope.LISTS_READ),
)
def at_risk(request: Request, query: Annotated[AtRiskQuery, Query()]) -> Response:
    """Return a page of the list: JSON, or CSV with `Accept: text/csv`.

    To walk the list, follow `Link`, or pass `next_cursor` on with the same filters. All pages of a walk show
    the same run, also when another is published meanwhile. In the CSV, a text that a spreadsheet would run as
    a formula begins with an apostrophe, null is an empty cell, and reasons are their texts, separated by
    semicolons.
    """
    refuse_repeated_parameters(request, but="attribute")
    form = preferred(request.headers.get("accept"), (JSON, CSV))
    page = service_of(request).at_risk(
        AtRiskFilter(
            status=query.status,
            band=query.band,
            segment=query.segment,
            min_value_at_risk=query.min_value_at_risk,
            min_churn_probability=query.min_churn_probability,
            attributes=_attributes(query),
        ),
        query.sort,
        limit=query.limit,
        cursor=query.cursor,
        explaining=Explaining(query.language, compute=query.reasons),
    )
    return revalidated(request, _answer(page, form, PATH, query))


@router.get(
    SEGMENT_PATH,
    summary="The customers of a segment, by id",
    response_model=CustomerPage,
    response_description="A page of the list.",
    responses=FORMS | problems(*OF_LISTS),
    **needs(Scope.LISTS_READ),
)
def segment_customers(
    request: Request, segment: Annotated[SegmentName, Path()], query: Annotated[SegmentQuery, Query()]
) -> Response:
    """Return a page of a segment's customers, whatever their status: JSON, or CSV with `Accept: text/csv`.

    It is walked as `/v1/at-risk` is.
    """
    refuse_repeated_parameters(request)
    form = preferred(request.headers.get("accept"), (JSON, CSV))
    page = service_of(request).segment_customers(
        SegmentFilter(segment, query.status),
        limit=query.limit,
        cursor=query.cursor,
        explaining=Explaining(query.language, compute=query.reasons),
    )
    return revalidated(request, _answer(page, form, SEGMENT_PATH.format(segment=quote(segment)), query))


def _attributes(query: AtRiskQuery) -> tuple[tuple[str, str], ...]:
    country = [] if query.country is None else [("country", query.country)]
    named = [(name, value) for name, _, value in (one.partition(":") for one in query.attribute)]
    return (*country, *named)


def _answer(page: Page, form: str, path: str, query: AtRiskQuery | SegmentQuery) -> Response:
    answer = _as_csv(page, path) if form == CSV else _as_json(page)
    answer.headers["Vary"] = "Accept"
    if page.next_cursor is not None:
        answer.headers["Link"] = f'<{path}?{_next(query, page.next_cursor)}>; rel="next"'
    return answer


def _as_csv(page: Page, path: str) -> Response:
    name = "at-risk" if path == PATH else "segment"
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(to_csv(page.scores, SCORE_COLUMNS), media_type=CSV, headers=headers)


def _as_json(page: Page) -> Response:
    return json_answer(
        CustomerPage(
            run_id=page.run.run_id,
            as_of=page.run.as_of,
            published_at=page.run.published_at,
            data=shown(page.scores),
            has_more=page.next_cursor is not None,
            next_cursor=page.next_cursor,
        )
    )


def _next(query: AtRiskQuery | SegmentQuery, cursor: str) -> str:
    asked = query.model_dump(mode="json", exclude_unset=True)
    plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in asked.items()}
    return urlencode({**plain, "cursor": cursor}, doseq=True)
