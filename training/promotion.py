"""The folder that serving watches: ``bundles/VERSION`` for each promoted bundle, ``bundles/current`` in use.

``current`` is a relative symlink, replaced in one rename: a reader sees the old bundle or the new one, never
half of either, and the folder may be moved.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.bundle import Bundle
from training.errors import PromotionLockedError

__all__ = ["POINTER", "exported", "one_promotion_at_a_time", "point_at"]

POINTER = "current"
LOCK = ".promotion.lock"


@contextmanager
def one_promotion_at_a_time(bundles: Path) -> Iterator[None]:
    """Hold ``bundles`` (made if absent) for the time of the block; a dead process's lock goes with it.

    Raises ``PromotionLockedError`` (exit code 4) where another promotion holds it.
    """
    bundles.mkdir(parents=True, exist_ok=True)
    with (bundles / LOCK).open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PromotionLockedError(
                f"Another promotion is at work in {bundles}.",
                mend="Let it end; then look at what it promoted.",
            ) from None
        yield


def exported(bundle: Path, bundles: Path) -> Path:
    """Copy a bundle to ``bundles/VERSION``, unless it is there already, and return that folder.

    What gets or keeps that name is checked against its hashes: ``BundleError`` where it is damaged.
    """
    place = bundles / Bundle.load(bundle).version
    if place.exists():
        Bundle.load(place)
        return place
    staged = place.with_name(f".{place.name}.new")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(bundle, staged)
    Bundle.load(staged)
    return staged.rename(place)


def point_at(place: Path) -> None:
    """Make ``current``, beside it, point at the bundle in ``place``."""
    draft = place.with_name(f".{POINTER}.new")
    draft.unlink(missing_ok=True)
    draft.symlink_to(place.name)
    draft.replace(place.with_name(POINTER))
