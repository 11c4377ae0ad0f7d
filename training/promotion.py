"""The folder that serving watches: ``bundles/VERSION`` for each promoted bundle, ``bundles/current`` in use.

``current`` is a relative symlink, replaced in one rename: a reader sees the old bundle or the new one, never
half of either, and the folder may be moved. ``promotions.jsonl`` says who put what in use, when and why: a
line for each, never changed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from training.bundle import Bundle
from training.errors import PromotionLockedError

__all__ = [
    "POINTER",
    "Promotion",
    "before_current",
    "exported",
    "one_promotion_at_a_time",
    "point_at",
    "promotions",
    "record",
]

POINTER = "current"
LOCK = ".promotion.lock"
HISTORY = "promotions.jsonl"
How = Literal["gate", "forced", "rollback"]


@dataclass(frozen=True)
class Promotion:
    """A model put in use: its number in the registry, its bundle, who did it, when (UTC), and why.

    ``how``: let in by the gate, forced past it by a person, or put back by a rollback.
    """

    number: int
    bundle_version: str
    who: str
    when: str
    why: str
    how: How

    @classmethod
    def now(cls, number: int, bundle_version: str, *, who: str, why: str, how: How) -> Self:
        """Return a promotion that happens at this second."""
        return cls(number, bundle_version, who, datetime.now(UTC).isoformat(timespec="seconds"), why, how)


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


def record(bundles: Path, promotion: Promotion) -> None:
    """Add a line to the history, and bring it to the disk."""
    with (bundles / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(promotion), ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def promotions(bundles: Path) -> list[Promotion]:
    """Return every promotion, the oldest first."""
    path = bundles / HISTORY
    if not path.exists():
        return []
    return [Promotion(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def before_current(history: list[Promotion]) -> Promotion | None:
    """Return what a rollback puts back: who was champion before the one in use; None where nobody was.

    A rollback undoes a promotion, so that the next one goes further back.
    """
    stack: list[Promotion] = []
    for one in history:
        if one.how == "rollback" and len(stack) > 1:
            stack.pop()
        elif not stack or stack[-1].number != one.number:
            stack.append(one)
    return stack[-2] if len(stack) > 1 else None
