"""Which runs a store keeps."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Retention"]


@dataclass(frozen=True)
class Retention:
    """What is kept of the past: the last ``keep_runs`` runs, and the behaviour of ``keep_behaviour`` of them.

    Beyond these, the last run of each month stays until its outcome can be judged, for two horizons.
    ``keep_days`` stands above both: a run published longer ago goes. The current run always stays.
    """

    keep_runs: int = 5
    keep_behaviour: int = 2
    keep_days: int | None = None
