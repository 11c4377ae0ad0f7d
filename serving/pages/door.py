"""The pages' door: a session opens it, and an API key does not, as a session opens nothing of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from serving.pages.sessions import SESSION_LASTS, Session, session_of
from serving.store import Store

__all__ = ["FORM_PATHS", "PAGE_PATHS", "SESSION_COOKIE", "SIGN_IN", "Door", "forget", "remember"]

SIGN_IN = "/sign-in"
PAGE_PATHS = frozenset({"/", "/at-risk.csv", "/customer", "/sign-out"})
FORM_PATHS = frozenset({SIGN_IN, "/sign-out"})
"""Where a browser's form is sent to; everywhere else a body is JSON."""
SESSION_COOKIE = "joren_session"


class Door:
    """Knows who is signed in. A sign-out is seen at once: the store is asked for every page."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    def admit(self, request: Request) -> Session | None:
        """Return the live session whose cookie was sent, or None."""
        return session_of(self._store, request.cookies.get(SESSION_COOKIE, ""), now=self._clock())

    @staticmethod
    def turn_away(request: Request) -> Response:
        """Return the way to the sign-in page."""
        if request.headers.get("hx-request") == "true":
            return Response(status_code=401, headers={"HX-Redirect": SIGN_IN})
        return RedirectResponse(SIGN_IN, status_code=303)


def remember(answer: Response, session: Session, *, secure: bool) -> None:
    """Let the browser keep the session: no script may read it, no other site's form may send it."""
    answer.set_cookie(
        SESSION_COOKIE,
        session.token,
        max_age=int(SESSION_LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=secure,
    )


def forget(answer: Response) -> None:
    """Let the browser forget the session."""
    answer.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax")
