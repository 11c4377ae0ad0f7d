"""What /metrics tells beside its counts: of the scores that are published, and of the model in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from serving.staleness import Staleness
from serving.store import Run

__all__ = ["Facts"]


@dataclass(frozen=True)
class Facts(Collector):
    """``refused_rows`` of the data behind the current run, by reason; ``in_use`` is a model's version."""

    run: Run | None = None
    staleness: Staleness | None = None
    refused_rows: Mapping[str, int] = field(default_factory=dict)
    in_use: str | None = None

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Yield the facts as Prometheus's families; of what is not known yet, none."""
        if self.in_use is not None:
            told = "1 for the model that computes scores for requests."
            yield _info("model_in_use_info", told, self.in_use)
        if self.run is not None:
            yield _info("model_info", "1 for the model behind the current scores.", self.run.model_version)
            yield GaugeMetricFamily(
                "scores_published_timestamp_seconds",
                "When the current scores were published, in seconds since 1970 (UTC).",
                value=self.run.published_at.timestamp(),
            )
            yield GaugeMetricFamily(
                "scores_customers", "Customers that the current run is of.", value=self.run.customers
            )
        if self.staleness is not None:
            stale = "1 where the scores are older than they should be, else 0."
            yield GaugeMetricFamily("scores_stale", stale, value=self.staleness.is_stale)
        refused = CounterMetricFamily(
            "rows_refused", "Rows that break the contract of the data.", labels=["reason", "source"]
        )
        for reason, rows in self.refused_rows.items():
            refused.add_metric([reason, "run"], rows)
        yield refused


def _info(name: str, told: str, version: str) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, told, labels=["version"])
    family.add_metric([version], 1)
    return family
