"""The pages behind the sign-in: the list of customers at risk, and one customer."""

from __future__ import annotations

from itertools import chain

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from serving.errors import CursorExpiredError, InvalidCursorError
from serving.listing import Sort
from serving.negotiation import CSV
from serving.pages.asked import ListAsked, list_asked
from serving.pages.at_risk import at_risk_list, whole_list, zone_of
from serving.pages.customer import customer_page
from serving.pages.file import csv_chunks
from serving.pages.rendering import pages_of
from serving.routes.asked import service_of
from serving.routes.page_route import PageRoute
from serving.wire_score import SEGMENT_NAMES

__all__ = ["router"]

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/")
def at_risk(request: Request) -> Response:
    """Return the list; where its cursor is none any more, the way to its beginning."""
    pages, service, asked = pages_of(request), service_of(request), _asked(request)
    try:
        found = at_risk_list(service, asked, pages.texts(request).language)
    except (CursorExpiredError, InvalidCursorError):
        return RedirectResponse(asked.address(), status_code=303)
    context = {
        "asked": asked,
        "found": found,
        "segments": SEGMENT_NAMES,
        "sorts": tuple(Sort),
        "staleness": service.staleness(),
        "zone": zone_of(service),
    }
    here = {"HX-Push-Url": asked.address(cursor=asked.cursor)}
    return pages.page(request, "at_risk.html", context, headers=here)


@router.get("/at-risk.csv")
def at_risk_csv(request: Request) -> Response:
    """Return the whole list as a file for a spreadsheet, streamed."""
    t, run = pages_of(request).texts(request), service_of(request).run()
    chunks = whole_list(service_of(request), _asked(request), t.language)
    first = next(chunks)  # what is to be refused is refused before the answer has begun
    return StreamingResponse(
        csv_chunks(chain([first], chunks), t),
        media_type=f"{CSV}; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="at-risk-{run.as_of}.csv"'},
    )


@router.get("/customer")
def customer(request: Request) -> Response:
    """Return what is known of one customer, and why the score is what it is."""
    pages = pages_of(request)
    found = customer_page(
        service_of(request), request.query_params.get("id", ""), pages.texts(request).language
    )
    return pages.page(request, "customer.html", {"found": found, "zone": zone_of(service_of(request))})


def _asked(request: Request) -> ListAsked:
    return list_asked(request.query_params, request.query_params.getlist("attribute"))
