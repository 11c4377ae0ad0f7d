"""The sections of ``joren.toml`` that are about the service and its store."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from joren.section import Days, Section
from serving.retention import Retention

__all__ = ["Serving", "Store"]

DEFAULT = Retention()
Runs = Annotated[int, Field(ge=1, le=10_000)]


class Serving(Section):
    """The service's address and store; what is not set is left to the service's own defaults."""

    host: str | None = None
    port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    public_url: Annotated[str, Field(pattern=r"^https?://[^/?#\s]+$")] | None = None
    store_url: str | None = None
    stale_after_days: Annotated[float, Field(gt=0)] | None = None
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None


class Store(Section):
    """How many runs are kept, the behaviour of how many of them, and for how many days at most."""

    keep_runs: Runs = DEFAULT.keep_runs
    keep_behaviour: Runs = DEFAULT.keep_behaviour
    keep_days: Days | None = DEFAULT.keep_days
