"""How many requests a key may make in a minute, counted once for all the processes that answer.

Each worker counts in the same few pages of memory, so that a key has its whole limit whichever of them its
connections reach, and no more than that on all of them together. No store is asked.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import struct
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from serving.auth import ApiKey

__all__ = ["Guesses", "Limits", "Quota", "Tally"]

WINDOW_SECONDS = 60
SLOT = struct.Struct("<QQQ")  # a key's hash, the window it was last seen in, its requests in that window
SLOTS = 4_096


@dataclass(frozen=True)
class Quota:
    """What is left of a key's minute, this request taken off; ``reset_seconds`` until the next one."""

    limit: int
    used: int
    reset_seconds: int

    @property
    def is_exceeded(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """The quota as draft-ietf-httpapi-ratelimit-headers-11 writes it, under the name "requests"."""
        return {
            "RateLimit-Policy": f'"requests";q={self.limit};w={WINDOW_SECONDS}',
            "RateLimit": f'"requests";r={max(self.limit - self.used, 0)};t={self.reset_seconds}',
        }


class Tally:
    """Counts by name and window, in memory that all processes which map the same file share.

    Without a file they are this process's own. A count is lost with the window after it, never within it.
    """

    def __init__(self, file: Path | None = None) -> None:
        size = SLOTS * SLOT.size
        self._file = -1 if file is None else os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        if file is not None:
            os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        self._alone = nullcontext() if file is None else _Alone(self._file)

    def add(self, name: str, window: int) -> int:
        """Count one more, and return how many there are in the window."""
        wanted = _hash_of(name)
        with self._alone:
            for step in range(SLOTS):
                place = (wanted + step) % SLOTS * SLOT.size
                owner, last, count = SLOT.unpack_from(self._memory, place)
                if last != window or owner == wanted:
                    count = count + 1 if last == window else 1
                    SLOT.pack_into(self._memory, place, wanted, window, count)
                    return int(count)
        return 1  # thousands of keys within a minute: the last of them go uncounted

    def count(self, name: str, window: int) -> int:
        """Return how many were counted in the window."""
        wanted = _hash_of(name)
        with self._alone:
            for step in range(SLOTS):
                owner, last, count = SLOT.unpack_from(self._memory, (wanted + step) % SLOTS * SLOT.size)
                if last != window:
                    return 0
                if owner == wanted:
                    return int(count)
        return 0

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()
        if self._file >= 0:
            os.close(self._file)


@dataclass(frozen=True)
class _Alone:
    """Keeps other processes out; the threads of this one take turns by themselves, on its event loop."""

    file: int

    def __enter__(self) -> None:
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self.file, fcntl.LOCK_UN)


@lru_cache(maxsize=SLOTS)
def _hash_of(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


class Guesses:
    """Keys that were tried and are none: so many a minute from an address, and no more are looked at."""

    def __init__(self, tally: Tally, a_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tally = tally
        self._a_minute = a_minute
        self._clock = clock

    def note(self, address: str) -> None:
        """Count one more."""
        self._tally.add(f"guess {address}", int(self._clock() // WINDOW_SECONDS))

    def wait_seconds(self, address: str) -> int:
        """Return how long no key that is not known yet is looked at from there; 0: they are."""
        window, gone = divmod(self._clock(), WINDOW_SECONDS)
        spent = self._tally.count(f"guess {address}", int(window)) >= self._a_minute
        return math.ceil(WINDOW_SECONDS - gone) if spent else 0


class Limits:
    """Each key's own limit, or else ``requests_per_minute``, by the minutes of a clock that all share."""

    def __init__(
        self, tally: Tally, requests_per_minute: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._tally = tally
        self._requests_per_minute = requests_per_minute
        self._clock = clock

    def spend(self, key: ApiKey) -> Quota:
        """Take one request off the key's minute."""
        window, gone = divmod(self._clock(), WINDOW_SECONDS)
        used = self._tally.add(key.prefix, int(window))
        limit = key.requests_per_minute or self._requests_per_minute
        return Quota(limit, used, math.ceil(WINDOW_SECONDS - gone))
