"""What Prometheus may know. Labels are route templates, methods, reasons and versions, never an id."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import lru_cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from serving.facts import Facts

__all__ = ["Metrics"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one app: of this process, or of all that count in ``shared_folder``.

    Processes that share need PROMETHEUS_MULTIPROC_DIR to name that folder before they import anything.
    """

    def __init__(self, shared_folder: Path | None = None) -> None:
        self._shared_folder = shared_folder
        self._counters_of = lru_cache(maxsize=1_024)(self._counters)
        self._registry = CollectorRegistry()
        self._failures_told = 0
        self._requests = Counter(
            "http_requests", "Requests answered.", ["handler", "status", "method"], registry=self._registry
        )
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Seconds from a request's first byte to its answer's last.",
            ["handler", "method"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._refused_models = Counter(
            "model_load_failures", "Bundles that were not sound.", registry=self._registry
        )
        self._inferring = Histogram(
            "model_infer_duration_seconds",
            "Seconds that the model in use took to answer, waiting for its turn within.",
            ["kind"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._refused_rows = Counter(
            "rows_refused",
            "Rows that break the contract of the data.",
            ["reason", "source"],
            registry=self._registry,
        )

    def answered(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Count a request by its route template."""
        counter, durations = self._counters_of(handler, method, status)
        counter.inc()
        durations.observe(seconds)

    def _counters(self, handler: str, method: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(handler, str(status), method), self._durations.labels(handler, method)

    def refused(self, reason: str) -> None:
        """Count a row of a request that breaks the contract."""
        self._refused_rows.labels(reason, "request").inc()

    def inferring(self, kind: str) -> AbstractContextManager[object]:
        """Return a context whose duration is that of an answer by the model in use."""
        return self._inferring.labels(kind).time()

    def told_of(self, refused_bundles: int) -> None:
        """Take over how many bundles this process has refused."""
        self._refused_models.inc(refused_bundles - self._failures_told)
        self._failures_told = refused_bundles

    def exposition(self, facts: Facts) -> bytes:
        """Return all metrics as Prometheus reads them, with the facts as of now."""
        counts: Collector = self._registry
        if self._shared_folder is not None:
            counts = MultiProcessCollector(None, str(self._shared_folder))  # type: ignore[no-untyped-call]
        together = CollectorRegistry()
        together.register(_Together(counts, facts))
        return generate_latest(together)


class _Together(Collector):
    """Several collectors as one; families of one name become one."""

    def __init__(self, *parts: Collector) -> None:
        self._parts = parts

    def collect(self) -> Iterable[Metric]:
        families: dict[str, Metric] = {}
        for family in (family for part in self._parts for family in part.collect()):
            if family.name in families:
                families[family.name].samples.extend(family.samples)
            else:
                families[family.name] = family
        return families.values()
