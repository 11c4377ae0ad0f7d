"""The service watches ``bundles/current``: promotion moves that pointer in one rename.

A new bundle is verified in a process of its own, read, and put in use. One that is not sound is refused, and
the old one goes on answering.
"""

from __future__ import annotations

import gc
import logging
import math
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from features.errors import JorenError
from serving.errors import ModelRefusedError, ModelUnavailableError
from serving.in_use import ModelInUse, Predictor
from serving.shelf import VERSION_FORM

__all__ = ["Watch", "verify_in_a_process"]

logger = logging.getLogger("joren.models")

POINTER = "current"
VERIFY_SECONDS = 120
AGAIN_SECONDS = 60.0

Signature = tuple[tuple[str, int, int], ...]


class Watch:
    """Follows a pointer to bundles in ``folder``, and puts what it leads to in use.

    ``verify`` raises a ``JorenError`` for a bundle that is not sound; one that was sound and is unchanged is
    not verified again. One that was refused is looked at again a minute later: the machine may be to blame.
    """

    def __init__(
        self,
        folder: Path,
        in_use: ModelInUse,
        load: Callable[[Path], Predictor],
        verify: Callable[[Path], None],
        *,
        every_seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._in_use = in_use
        self._load = load
        self._verify = verify
        self._every_seconds = every_seconds
        self._clock = clock
        self._seen: Signature = ()
        self._again_at = math.inf
        self._sound: dict[str, Signature] = {}
        self._stopped = threading.Event()
        self._one_at_a_time = threading.Lock()
        self._refused: str | None = None

    def start(self) -> None:
        """Look from now on, in a thread of its own."""
        threading.Thread(target=self._look_again_and_again, name="watch", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def reload(self) -> Predictor:
        """Look now, at what was refused before too; return the model in use, which is the promoted one.

        Raises ``ModelRefusedError`` where the promoted bundle is not sound, ``ModelUnavailableError`` where
        none was promoted.
        """
        if self._refused is not None:
            self._again_at = -math.inf
        self.look()
        if self._refused is not None:
            raise ModelRefusedError(
                f"The promoted bundle is not sound: {self._refused}",
                mend="What was in use goes on answering. Promote another, or go back: joren rollback",
            )
        return self._in_use.model

    def look(self) -> None:
        """Look once: where the pointer leads to another bundle, or its bundle was changed, take it in."""
        with self._one_at_a_time:
            self._look()

    def _look(self) -> None:
        try:
            bundle = (self._folder / POINTER).resolve(strict=True)
            seen = _signature(bundle)
        except OSError:
            return  # nothing was promoted yet, or the pointer's bundle is gone: what is in use stays
        if seen == self._seen and self._clock() < self._again_at:
            return
        self._seen, self._again_at, self._refused = seen, math.inf, None
        try:
            self._take_in(bundle, seen)
        except (JorenError, OSError) as error:
            self._again_at = self._clock() + AGAIN_SECONDS
            self._refuse(bundle, error)

    def _take_in(self, bundle: Path, seen: Signature) -> None:
        if bundle.parent != self._folder.resolve() or not VERSION_FORM.fullmatch(bundle.name):
            raise ModelUnavailableError("The pointer leads out of the bundles folder, or to no bundle.")
        if self._sound.get(bundle.name) != seen:
            self._verify(bundle)
        model = self._load(bundle)
        if model.version != bundle.name:
            raise ModelUnavailableError("The bundle is not the one that its folder is named after.")
        model.prepare()
        self._sound[model.version] = seen
        if self._in_use.version is None:
            gc.collect()
            gc.freeze()  # the first model's plans, and all that was imported, are there to stay
        self._in_use.put(model)
        logger.info("model in use", extra={"joren": {"version": model.version}})

    def _refuse(self, bundle: Path, error: Exception) -> None:
        self._in_use.failures += 1
        self._refused = str(getattr(error, "what", error))
        told = {"bundle": bundle.name, "in_use": self._in_use.version, "why": self._refused}
        logger.error("model refused", extra={"joren": told})

    def _look_again_and_again(self) -> None:
        while not self._stopped.is_set():
            try:
                self.look()
            except Exception:  # whatever a strange bundle brings up, the next one is looked at
                self._in_use.failures += 1
                logger.exception("fault", extra={"joren": {"in_use": self._in_use.version}})
            self._stopped.wait(self._every_seconds)


def verify_in_a_process(bundle: Path) -> None:
    """Verify hashes, form and golden scores in a child process, which a broken file may bring down.

    Raises ``ModelUnavailableError`` where it says no, or does not answer in two minutes.
    """
    command = [sys.executable, "-m", "serving.verify", str(bundle)]
    house = Path(__file__).parents[1]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, and a path that this process resolved
            command, cwd=house, check=False, capture_output=True, text=True, timeout=VERIFY_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise ModelUnavailableError("The bundle could not be verified in time.") from error
    if done.returncode:
        said = done.stdout.strip() or f"the check ended with {done.returncode}"
        raise ModelUnavailableError(f"The bundle is not sound: {said}")


def _signature(bundle: Path) -> Signature:
    """Return what changes where any file of the bundle does."""
    files = sorted(bundle.iterdir())
    return ((str(bundle), 0, 0), *((one.name, one.stat().st_size, one.stat().st_mtime_ns) for one in files))
