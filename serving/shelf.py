"""The bundles that the service can open. Scores are explained by the model that gave them, and no other."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Protocol

import pandas as pd

from features.errors import JorenError
from serving.errors import ModelUnavailableError

__all__ = ["Model", "Origin", "Shelf"]

KEPT_OPEN = 2
POINTER = "current"
VERSION_FORM = re.compile(r"[0-9a-f]{12}")


class Origin(Protocol):
    """Where a model comes from: what it was fitted on, and how."""

    @property
    def as_of(self) -> date:
        """The last local day of history that it was fitted for."""

    @property
    def horizon_days(self) -> int:
        """The days that its probabilities and expectations are about."""

    @property
    def method(self) -> str:
        """How it was fitted, which its history decided."""

    @property
    def features(self) -> Sequence[str]:
        """The features that it looks at."""

    @property
    def zone(self) -> str:
        """The business zone, whose local days count."""

    @property
    def currency(self) -> str:
        """The ISO code of its money, "XXX" if unknown."""


class Model(Protocol):
    """What the service asks of a ``training.bundle.Bundle``."""

    @property
    def version(self) -> str:
        """Twelve hex digits of its content."""

    @property
    def metadata(self) -> Origin:
        """Where it comes from."""

    def reasons(
        self, behaviour: pd.DataFrame, language: str = "en", limit: int = 3
    ) -> Sequence[Sequence[Mapping[str, object]]]:
        """Return what moves each row's score the most: code, feature, value, contribution, text."""

    def contributions(self, behaviour: pd.DataFrame) -> pd.DataFrame | None:
        """Return rows × features: what each adds to a row's log-odds of leaving; None without a model."""


class Shelf:
    """Opens ``folder/VERSION`` when it is asked for, and keeps the last two open. Safe between threads."""

    def __init__(self, folder: Path, load: Callable[[Path], Model]) -> None:
        self._folder = folder
        self._load = load
        self._open: OrderedDict[str, Model] = OrderedDict()
        self._lock = threading.Lock()
        self._origins: dict[str, Origin] = {}

    def champion(self) -> str | None:
        """Return the version that the next run is scored with, or None where none was promoted."""
        version = (self._folder / POINTER).resolve().name
        return version if VERSION_FORM.fullmatch(version) else None

    def held(self) -> dict[str, Origin | None]:
        """Return every version in the folder with its origin, None where it cannot be opened."""
        versions = sorted(path.name for path in self._folder.glob("*") if VERSION_FORM.fullmatch(path.name))
        for version in versions:
            if version not in self._origins:
                with suppress(ModelUnavailableError):
                    self._origins[version] = self._opened(version).metadata
        return {version: self._origins.get(version) for version in versions}

    def of(self, version: str) -> Model:
        """Return the bundle of that version; raises ``ModelUnavailableError``."""
        with self._lock:
            if version not in self._open:
                self._open[version] = self._opened(version)
            self._open.move_to_end(version)
            while len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
            return self._open[version]

    def _opened(self, version: str) -> Model:
        mend = f"Put the bundle {version} back into the bundles folder, or score again."
        if not VERSION_FORM.fullmatch(version):
            raise ModelUnavailableError("The current scores name no bundle's version.", mend="Score again.")
        try:
            model = self._load(self._folder / version)
        except (JorenError, OSError) as error:
            raise ModelUnavailableError("The model behind the scores cannot be loaded.", mend=mend) from error
        if model.version != version:
            raise ModelUnavailableError("The model behind the scores was exchanged.", mend=mend)
        return model
