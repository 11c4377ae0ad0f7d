"""A page: a template, the texts of the reader's language, and the headers that keep it to itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from serving.errors import STATUS, NotPublishedError, ServingError
from serving.pages.formats import Formats
from serving.pages.texts import Texts, language_asked, load_texts
from serving.pages.words import segment_name
from serving.service import Language

__all__ = ["LANGUAGE_COOKIE", "Pages", "pages_of"]

LANGUAGE_COOKIE = "joren_language"
LANGUAGE_LASTS_SECONDS = 365 * 86_400
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Pages:
    """Pages of one app. ``secure`` marks its cookies as such: it stands behind https."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure

    def texts(self, request: Request) -> Texts:
        """Return the texts in the language of ``?lang=``, of the cookie, or of the browser."""
        chosen, kept = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
        return load_texts(language_asked(chosen, kept, request.headers.get("accept-language")))

    def page(
        self,
        request: Request,
        template: str,
        context: Mapping[str, object] | None = None,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the page, and keep the language where it was chosen just now."""
        t = self.texts(request)
        html = (
            _templates()
            .get_template(template)
            .render(
                {
                    "t": t,
                    "f": Formats(t.language),
                    "language": t.language,
                    "languages": [(one, _again(request, one)) for one in Language],
                    "segment_name": segment_name,
                    "session": request.scope.get("state", {}).get("session"),
                    **(context or {}),
                }
            )
        )
        answer = HTMLResponse(html, status, dict(headers or {}))
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["Content-Language"] = t.language.value
        answer.headers["Vary"] = "Accept-Language, Cookie"
        if request.query_params.get("lang") == t.language:
            answer.set_cookie(
                LANGUAGE_COOKIE,
                t.language.value,
                max_age=LANGUAGE_LASTS_SECONDS,
                httponly=True,
                samesite="lax",
                secure=self.secure,
            )
        return answer

    def fault(self, request: Request) -> Response:
        """Return the page that owns up to a fault of Joren's own."""
        return self.page(request, "error.html", {"told": "error.other"}, status=500)

    def error(self, request: Request, error: ServingError) -> Response:
        """Return the page that says what is wrong; where a piece of a page was asked for, the way to it."""
        status = STATUS[type(error)]
        if request.headers.get("hx-request") == "true":
            return Response(status_code=status, headers={"HX-Redirect": _path(request)})
        if isinstance(error, NotPublishedError):
            return self.page(request, "unpublished.html", status=status)
        name = type(error).__name__.removesuffix("Error")
        told = f"error.{name}" if f"error.{name}.title" in self.texts(request) else "error.other"
        return self.page(request, "error.html", {"told": told}, status=status)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("serving.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def pages_of(request: Request) -> Pages:
    """Return the pages of the app."""
    pages: Pages = request.app.state.pages
    return pages


def _path(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _again(request: Request, language: Language) -> str:
    """Return the address of this very page in a language."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != "lang"]
    return f"?{urlencode([*kept, ('lang', language.value)])}"
