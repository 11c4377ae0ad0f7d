"""Paths taken as they were sent: a slash within a value is percent-encoded, any other parts two segments."""

from __future__ import annotations

from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

__all__ = ["Segments"]


class Segments(APIRoute):
    """A route class whose parameters are one segment of the path each, ``{…:path}`` ones, too.

    Servers hand on paths decoded; without this `DELETE /v1/customers/17/score` would name a customer
    "17/score", and `GET /v1/customers/a%2Fscore` the score of customer "a".
    """

    def matches(self, scope: Scope) -> tuple[Match, Any]:
        """Return how the request fits; not at all where it has more segments, or fewer."""
        match, found = super().matches(scope)
        if match is not Match.NONE and _sent(scope).count(b"/") != self.path_format.count("/"):
            return Match.NONE, {}
        return match, found


def _sent(scope: Scope) -> bytes:
    """Return the path as it was sent, which ASGI servers need not tell; else as it was decoded."""
    raw: bytes | None = scope.get("raw_path")
    return str(scope["path"]).encode() if raw is None else raw
