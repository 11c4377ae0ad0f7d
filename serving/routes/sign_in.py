"""In and out of the pages: a link that opens once becomes a session."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from serving.pages import door
from serving.pages.rendering import pages_of
from serving.pages.sessions import Session, begin_session, sign_out
from serving.routes.asked import service_of
from serving.routes.page_route import PageRoute

__all__ = ["router"]

router = APIRouter(include_in_schema=False, route_class=PageRoute)

FIELDS_AT_MOST = 10


@router.get(door.SIGN_IN)
async def show_sign_in(request: Request) -> Response:
    """Show the button that uses the link up: what merely follows links does not. Or where to get one."""
    return pages_of(request).page(request, "sign_in.html", {"token": request.query_params.get("token", "")})


@router.post(door.SIGN_IN)
async def sign_in(request: Request) -> Response:
    """Begin a session and go to the list; say so where the link is used up, too old or none of ours."""
    token = (await _form(request)).get("token", "")
    now = datetime.now(UTC)
    session = await run_in_threadpool(begin_session, service_of(request).store, token, now=now)
    if session is None:
        return pages_of(request).page(request, "sign_in.html", {"token": "", "refused": True}, status=403)
    answer = RedirectResponse("/", status_code=303)
    door.remember(answer, session, secure=pages_of(request).secure)
    return answer


@router.post("/sign-out")
async def leave(request: Request) -> Response:
    """End the session, if the form comes from one of its own pages."""
    session: Session = request.state.session
    if not session.sent((await _form(request)).get("form_token", "")):
        return pages_of(request).page(request, "error.html", {"told": "error.form"}, status=403)
    await run_in_threadpool(sign_out, service_of(request).store, session)
    answer = RedirectResponse(door.SIGN_IN, status_code=303)
    door.forget(answer)
    return answer


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form, none where there are too many, or it is no form."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, max_num_fields=FIELDS_AT_MOST)
    except ValueError:
        return {}
    return {name: values[0] for name, values in fields.items()}
