"""What a store keeps: its runs, which of them is current and since when, and the room that it takes."""

from __future__ import annotations

from dataclasses import dataclass

from serving.audit import Action, Entry, entries
from serving.disk import DiskUse, disk_use
from serving.store import Run, Store

__all__ = ["Overview", "overview"]


@dataclass(frozen=True)
class Overview:
    """The kept runs, newest first. ``rollback`` is what made ``current`` so, where it is not the newest."""

    runs: list[Run]
    current: Run | None
    rollback: Entry | None
    disk: DiskUse


def overview(store: Store) -> Overview:
    """Look at a store."""
    runs, current = store.runs(), store.current_run()
    rollbacks = entries(store.database, Action.ROLLBACK)
    in_effect = current is not None and rollbacks and rollbacks[0].subject == current.run_id
    return Overview(runs, current, rollbacks[0] if in_effect else None, disk_use(store.database))
