"""The HTTP application: middleware, routes and their description, around a service without transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from serving import problems
from serving.auth import Gatekeeper
from serving.bodiless import Bodiless
from serving.body import BodyCheck
from serving.envelope import Envelope
from serving.errors import ServingError
from serving.gate import Gate
from serving.head import HeadCheck
from serving.housekeeping import Housekeeping
from serving.inference import Inference
from serving.job_desk import JobDesk, Start
from serving.jobs import Jobs
from serving.lifecycle import Lifecycle
from serving.limits import Guesses, Limits, Tally
from serving.metrics import Metrics
from serving.openapi import describe
from serving.pages.door import Door
from serving.pages.rendering import Pages
from serving.routes import (
    compute,
    customers,
    erasure,
    exports,
    inference,
    jobs,
    lists,
    models,
    operations,
    pages,
    population,
    runs,
    scores,
    sign_in,
)
from serving.service import ScoringService
from serving.settings import Settings
from serving.turns import Turns
from serving.usage import KeyUsage
from serving.watch import Watch

__all__ = ["METRICS_FOLDER", "create_app"]

METRICS_FOLDER = "metrics"
"""In the shared folder: where the workers' counts lie."""

TAGS = [
    {"name": "scores", "description": "What Joren says of a customer."},
    {"name": "lists", "description": "Whom to call today."},
    {"name": "models", "description": "What the scores were made with."},
    {"name": "jobs", "description": "To score again."},
    {"name": "privacy", "description": "What the law asks for."},
    {"name": "inference", "description": "Predictions from feature rows: the Open Inference Protocol."},
    {"name": "operations", "description": "For those who run the service."},
]

ROUTES = (
    scores,
    exports,
    compute,
    customers,
    erasure,
    lists,
    population,
    models,
    inference,
    runs,
    jobs,
    operations,
    sign_in,
    pages,
)


def create_app(
    settings: Settings,
    service: ScoringService,
    watch: Watch | None = None,
    start_scoring: Start | None = None,
) -> FastAPI:
    """Return the ASGI application that hands out what ``service`` knows.

    It keeps a ``watch`` meanwhile, and runs jobs where it is told how to ``start_scoring``.
    """
    usage = KeyUsage(service.store)
    shared = settings.shared_folder
    metrics = Metrics(shared and shared / METRICS_FOLDER)
    housekeeping = Housekeeping(service, usage, metrics)
    tally = Tally(shared and shared / "tally")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.lifecycle.drain_on_sigterm(settings.drain_seconds)
        if watch is not None:
            watch.start()
        async with housekeeping.going_on():
            yield
        if watch is not None:
            watch.stop()
        await run_in_threadpool(app.state.desk.close)
        service.store.close()

    app = FastAPI(
        title="Joren",
        summary="Which customers are about to leave, what each is worth, and why.",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=[route for part in ROUTES for route in part.router.routes],  # included, each is matched twice
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would tell of exceptions in full
    )
    app.state.service = service
    app.state.watch = watch
    app.state.desk = JobDesk(Jobs(service.store.database), start_scoring)
    app.state.lifecycle = Lifecycle()
    app.state.metrics = metrics
    app.state.pages = Pages(secure=(settings.public_url or "").startswith("https:"))
    app.state.turns = Turns()
    app.state.inference = Inference()
    app.openapi = lambda: describe(app)  # type: ignore[method-assign] # FastAPI's documented way to extend it
    app.mount("/static", StaticFiles(directory=str(files("serving") / "static")), name="static")
    app.add_exception_handler(ServingError, problems.answer_error)
    app.add_exception_handler(RequestValidationError, problems.answer_invalid)
    app.add_exception_handler(HTTPException, problems.answer_http)
    app.add_middleware(
        BodyCheck, limit_bytes=settings.body_limit_bytes, timeout_seconds=settings.body_timeout_seconds
    )
    app.add_middleware(
        Gate,
        gatekeeper=Gatekeeper(service.store, settings.key_cache_seconds),
        door=Door(service.store),
        limits=Limits(tally, settings.requests_per_minute),
        guesses=Guesses(tally, settings.guesses_per_minute),
        usage=usage,
    )
    app.add_middleware(HeadCheck)
    app.add_middleware(Bodiless)
    app.add_middleware(Envelope, metrics=metrics, housekeeping=housekeeping)
    return app
