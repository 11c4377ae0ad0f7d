"""For those who run the service: is it alive, is it ready, how is it doing, and how is it used."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from serving.auth import Scope
from serving.errors import NotReadyError
from serving.gate import needs
from serving.routes.asked import json_answer, service_of
from serving.schemas import Live, Ready
from serving.told_errors import problems

__all__ = ["router"]

router = APIRouter(tags=["operations"])

TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}
DOCS = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Joren: the API</title>
<link rel="icon" href="/static/swagger-ui/favicon-32x32.png">
<link rel="stylesheet" href="/static/swagger-ui/swagger-ui.css">
</head>
<body>
<main id="swagger-ui">This page needs JavaScript; <a href="/openapi.json">openapi.json</a> does not.</main>
<script src="/static/swagger-ui/swagger-ui-bundle.js"></script>
<script src="/static/swagger-ui/start.js"></script>
</body>
</html>
"""
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/livez", summary="Is the process alive?", response_model=Live, response_description="It is.")
async def livez() -> Response:
    """Answer as long as the process can; neither the store nor the model is asked. Open without a key."""
    return json_answer(Live())


@router.get(
    "/readyz",
    summary="Can everything be answered?",
    response_model=Ready,
    response_description="It can.",
    responses=problems(NotReadyError),
)
def readyz(request: Request) -> Response:
    """Answer 200 when scores are published, their model loads, and the service is not draining.

    Open without a key.
    """
    draining = request.app.state.lifecycle.draining
    faults = ["The service is draining."] if draining else service_of(request).faults()
    if faults:
        raise NotReadyError(" ".join(faults))
    return json_answer(Ready())


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    response_description="The metrics, in Prometheus' text format.",
    responses=TEXT,
    **needs(Scope.METRICS_READ),
)
def metrics(request: Request) -> Response:
    """Return counts and durations by route template, of all workers together, and what is published."""
    service = service_of(request)
    request.app.state.metrics.told_of(service.in_use.failures)
    text = request.app.state.metrics.exposition(service.facts())
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get("/docs", include_in_schema=False)
async def docs() -> HTMLResponse:
    """Return this API's description as a page; nothing in it is loaded from elsewhere."""
    return HTMLResponse(DOCS, headers={"Content-Security-Policy": DOCS_POLICY})
