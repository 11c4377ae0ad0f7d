"""A run's folder: made if need be, held by one run at a time, and all that the run touches."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from joren.commit import Staging, staging
from joren.errors import OutputError
from joren.lock import one_run_at_a_time

__all__ = ["workplace"]


UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def workplace(folder: Path) -> Iterator[Staging]:
    """Hold ``folder`` for one run and yield the staging in it, where libraries' temporary files go too.

    A folder that was made for the run, and into which nothing was committed, is gone afterwards. Raises
    ``OutputError`` where the folder cannot be made or written, ``RunLockedError`` where another run holds it.
    """
    try:
        with _made(folder), one_run_at_a_time(folder), staging(folder) as stage, _confined(stage.scratch):
            yield stage
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        raise OutputError(
            f"The run had to stop at {error.filename or folder}: {os.strerror(error.errno).lower()}.",
            mend="Make room, or allow it to be written; what stood there before still stands.",
        ) from error


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make ``folder`` and its parents; at the end remove those that we made and that are still empty."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "permission denied")
    except OSError as error:
        reason = (error.strerror or "not possible").lower()
        raise OutputError(
            f"No results can be written to {folder}: {reason}.", mend="Choose another folder."
        ) from error
    try:
        yield
    finally:
        with suppress(OSError):
            for path in missing:
                path.rmdir()


@contextmanager
def _confined(scratch: Path) -> Iterator[None]:
    """Let temporary files and matplotlib's cache of fonts be written to ``scratch`` and nowhere else."""
    variables = {"TMPDIR": str(scratch), "MPLCONFIGDIR": str(scratch / "matplotlib")}
    before = {name: os.environ.get(name) for name in variables}
    directory_before = tempfile.tempdir
    os.environ.update(variables)
    tempfile.tempdir = str(scratch)
    try:
        yield
    finally:
        tempfile.tempdir = directory_before
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
