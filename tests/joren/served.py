"""The factory of a served process under test, which also tells what it has loaded and unpickled."""

from __future__ import annotations

import sys

from fastapi import FastAPI

from joren import asgi

UNPICKLED: list[str] = []


def create() -> FastAPI:
    sys.addaudithook(note)
    app = asgi.create()

    @app.get("/v1/loaded")
    def loaded() -> dict[str, list[str]]:
        modules = [name for name, module in sys.modules.items() if module is not None]
        return {"modules": modules, "unpickled": UNPICKLED}

    return app


def note(event: str, told: tuple[object, ...]) -> None:
    if event == "pickle.find_class":
        UNPICKLED.append(".".join(map(str, told)))
