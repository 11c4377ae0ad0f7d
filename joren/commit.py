"""Files that replace others in a folder: all of them or none, even where the machine goes out half-way.

Everything is first written under ``FOLDER/.joren-staging/new/``. ``commit`` then writes a marker, the point
of no return, and moves the files in by renames. Whoever opens the folder next finds either no marker (the old
files were never touched: the staging is thrown away) or a marker (the moves are carried on to their end).
Only the names that were staged are replaced.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["STAGING_NAME", "Staging", "staging"]

STAGING_NAME = ".joren-staging"


class Staging:
    """``new`` is to be written into; ``commit`` moves its files into place; ``scratch`` is thrown away."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / STAGING_NAME
        self.new = self.root / "new"
        self.scratch = self.root / "scratch"
        self._aside = self.root / "aside"
        self._marker = self.root / "commit.json"

    def open(self) -> None:
        """Finish or forget what a dead run left, and begin with empty folders."""
        if self._marker.exists():
            self._move_in(json.loads(self._marker.read_text(encoding="utf-8")))
        self.close()
        self.new.mkdir(parents=True)
        self.scratch.mkdir()

    def commit(self, *names: str) -> None:
        """Put ``names`` (files or whole folders in ``new``) into the place of those that stand."""
        for name in names:
            _sync_tree(self.new / name)
        draft = self._marker.with_suffix(".draft")
        draft.write_text(json.dumps(names), encoding="utf-8")
        _sync(draft)
        draft.replace(self._marker)
        _sync(self.root)
        self._move_in(names)
        self._marker.unlink()

    def close(self) -> None:
        """Remove the staging folder."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _move_in(self, names: tuple[str, ...] | list[str]) -> None:
        """Move each of ``names`` from ``new`` into place, but for those that an earlier try has moved."""
        for position, name in enumerate(names):
            staged, place = self.new / name, self.folder / name
            if not staged.exists():
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir() or (staged.is_dir() and place.exists()):
                aside = self._aside / str(position)
                shutil.rmtree(aside, ignore_errors=True)
                aside.parent.mkdir(exist_ok=True)
                place.rename(aside)
            staged.replace(place)
            _sync(place.parent)


@contextmanager
def staging(folder: Path) -> Iterator[Staging]:
    """Open a staging in ``folder``, which must exist, and remove it at the end, committed or not."""
    stage = Staging(folder)
    stage.open()
    try:
        yield stage
    finally:
        stage.close()


def _sync_tree(path: Path) -> None:
    """Bring a file, or all of a folder's, from the system's cache to the disk."""
    for each in [path, *path.rglob("*")]:
        _sync(each)


def _sync(path: Path) -> None:
    """Bring one file, or the entries of one folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
