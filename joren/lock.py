"""One run at a time in a folder.

The lock is the operating system's own, on an open file (``flock``): when a process dies, however it dies, its
lock goes with it. A file left by a dead run locks nothing, and no process id has to be guessed alive or dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from joren.errors import RunLockedError

__all__ = ["LOCK_NAME", "one_run_at_a_time"]

LOCK_NAME = ".joren.lock"


@contextmanager
def one_run_at_a_time(folder: Path) -> Iterator[None]:
    """Hold ``folder``, which must exist, for the time of the block. The lock file is removed at the end.

    Raises ``RunLockedError`` (exit code 4) where another process holds it, and says which.
    """
    path = folder / LOCK_NAME
    with _locked(path) as handle:
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _locked(path: Path) -> IO[str]:
    """Open and lock ``path``; where its holder removed it between our two steps, begin again."""
    while True:
        handle = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read(100)
            handle.close()
            raise RunLockedError(
                f"Another run is at work in {path.parent}.",
                which=[holder] if holder else [],
                mend="Wait for it to end, or write into another folder.",
            ) from None
        if path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat()):
            return handle
        handle.close()
