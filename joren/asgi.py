"""The factory that server processes call: uvicorn's worker reads its settings from the environment alone.

What unpickles is kept out of them: XGBoost would bring scikit-learn along, where that is installed, and
scikit-learn joblib and cloudpickle.
"""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from fastapi import FastAPI

from serving.settings import Settings

__all__ = ["create", "keep_unpicklers_out", "serve", "share_one_arena"]

FACTORY = "joren.asgi:create"
HUNG_SECONDS = 30
"""A worker that says nothing for so long is replaced; on a busy machine, to import takes several seconds."""
M_ARENA_MAX = -8  # of glibc's malloc.h
UNPICKLERS = ("sklearn", "joblib", "cloudpickle")


def keep_unpicklers_out() -> None:
    """Let this process, which is about to serve, do without them; before anything else is imported."""
    for name in UNPICKLERS:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # Python's way to say: it is not there


def share_one_arena() -> None:
    """Let all threads of this process take memory from one place, before there are any.

    glibc gives each thread one of its own, and each keeps what it held once: under load the process would
    grow for hours. Other C libraries have no such call, and no need of it.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def create() -> FastAPI:
    """Return the application on the store and the bundles that the environment names."""
    keep_unpicklers_out()
    share_one_arena()
    from joren.scoring_process import ScoringProcess
    from serving.app import create_app
    from serving.in_use import ModelInUse
    from serving.logs import configure_logging
    from serving.service import ScoringService
    from serving.shelf import Shelf
    from serving.store import Store
    from serving.watch import Watch, verify_in_a_process
    from training.bundle import Bundle

    settings = Settings()
    configure_logging(settings.log_level)
    store = Store.open(settings.store_url)
    shelf, in_use = Shelf(settings.bundles, Bundle.load), ModelInUse()
    service = ScoringService(store, shelf, in_use, stale_after_days=settings.stale_after_days)
    every_seconds = settings.model_watch_seconds
    watch = Watch(settings.bundles, in_use, Bundle.load, verify_in_a_process, every_seconds=every_seconds)
    start = None if settings.project is None else partial(ScoringProcess, settings.project)
    return create_app(settings, service, watch, start)


def serve(settings: Settings) -> None:
    """Answer requests until the process is told to stop; each worker process calls ``create``."""
    from serving.app import METRICS_FOLDER

    if settings.workers == 1:
        _run(settings)
        return
    with TemporaryDirectory(prefix="joren-") as shared:
        counts = Path(shared, METRICS_FOLDER)
        counts.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(counts)  # read by prometheus_client, in the workers
        _run(settings.model_copy(update={"shared_folder": Path(shared)}))


def _run(settings: Settings) -> None:
    from serving.patience import PatientProtocol

    os.environ.update(settings.environment())
    uvicorn.run(
        FACTORY,
        factory=True,
        http=PatientProtocol,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_worker_healthcheck=HUNG_SECONDS,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
