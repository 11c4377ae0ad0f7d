"""When each key was last used, to the minute: noted in memory, written to the store beside the requests."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import or_, update

from serving import tables
from serving.errors import StoreError
from serving.store import Store

__all__ = ["KeyUsage"]

MINUTE_SECONDS = 60


class KeyUsage:
    """Notes in no time what one process saw; ``write_down`` may wait for the store."""

    def __init__(self, store: Store, *, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock
        self._seen: dict[str, int] = {}

    def saw(self, prefix: str) -> None:
        """Note that the key of that prefix was used now."""
        self._seen[prefix] = int(self._clock()) // MINUTE_SECONDS

    def write_down(self) -> None:
        """Write what was noted since the last time; what cannot be written now stays noted."""
        seen, self._seen = self._seen, {}
        try:
            for prefix, minute in list(seen.items()):  # a request may be at this very dict
                self._write(prefix, datetime.fromtimestamp(minute * MINUTE_SECONDS, UTC))
        except StoreError:
            self._seen = seen | self._seen

    def _write(self, prefix: str, minute: datetime) -> None:
        known = tables.api_keys.c
        older = or_(known.last_used_at.is_(None), known.last_used_at < minute)
        used = update(tables.api_keys).where(known.prefix == prefix, older).values(last_used_at=minute)
        with self._store.database.write() as connection:
            connection.execute(used)
