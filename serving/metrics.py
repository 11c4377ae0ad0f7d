"""What Prometheus may know. Labels are route templates, methods and versions, never an id."""

from __future__ import annotations

from contextlib import AbstractContextManager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from serving.in_use import ModelInUse
from serving.store import Run

__all__ = ["Metrics"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one app; of one process, where several workers share a port."""

    def __init__(self) -> None:
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
        self._model = Gauge(
            "model_info", "1 for the model behind the current scores.", ["version"], registry=self._registry
        )
        self._in_use = Gauge(
            "model_in_use_info",
            "1 for the model that computes scores for requests.",
            ["version"],
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
            "rows_refused", "Rows of requests that break the contract.", ["reason"], registry=self._registry
        )
        self._published = Gauge(
            "scores_published_timestamp_seconds",
            "When the current scores were published, in seconds since 1970 (UTC).",
            registry=self._registry,
        )
        self._customers = Gauge(
            "scores_customers", "Customers that the current run is of.", registry=self._registry
        )

    def answered(self, handler: str, method: str, status: int, seconds: float) -> None:
        """Count a request by its route template."""
        self._requests.labels(handler, str(status), method).inc()
        self._durations.labels(handler, method).observe(seconds)

    def refused(self, reason: str) -> None:
        """Count a row of a request that breaks the contract."""
        self._refused_rows.labels(reason).inc()

    def inferring(self, kind: str) -> AbstractContextManager[object]:
        """Return a context whose duration is that of an answer by the model in use."""
        return self._inferring.labels(kind).time()

    def told_of(self, in_use: ModelInUse) -> None:
        """Take over which model is in use, and how many bundles were refused."""
        self._in_use.clear()
        if in_use.version is not None:
            self._in_use.labels(in_use.version).set(1)
        self._refused_models.inc(in_use.failures - self._failures_told)
        self._failures_told = in_use.failures

    def exposition(self, run: Run | None) -> bytes:
        """Return all metrics as Prometheus reads them, those of the scores as of now."""
        self._model.clear()
        if run is not None:
            self._model.labels(run.model_version).set(1)
            self._published.set(run.published_at.timestamp())
            self._customers.set(run.customers)
        return generate_latest(self._registry)
