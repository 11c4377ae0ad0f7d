"""A route whose errors are pages, too."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from serving.errors import STATUS, ServingError
from serving.pages.rendering import pages_of

__all__ = ["PageRoute"]


class PageRoute(APIRoute):
    """Answers one of Joren's errors with a page that says what is wrong, in the reader's language."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with its errors caught."""
        answer = super().get_route_handler()

        async def answer_with_a_page(request: Request) -> Response:
            try:
                return await answer(request)
            except ServingError as error:
                if type(error) not in STATUS:
                    raise
                return pages_of(request).error(request, error)

        return answer_with_a_page
