"""The factory of a real server process in the tests: the environment's store, a fake bundle, more routes."""

from __future__ import annotations

import os
import time

from fastapi import FastAPI

from serving.app import create_app
from serving.logs import configure_logging
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.serving.fake_bundle import load


def create() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log_level)
    store = Store.open(settings.store_url)
    app = create_app(settings, ScoringService(store, Shelf(settings.bundles, load)))

    @app.get("/v1/worker")
    async def worker() -> int:
        return os.getpid()

    @app.get("/v1/slow")
    def slow() -> str:
        (settings.bundles / "begun").touch()
        while not (settings.bundles / "finish").exists():
            time.sleep(0.01)
        return "done"

    return app
