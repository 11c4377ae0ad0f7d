"""What models see of a table: its numbers; a linear one, standardised logarithms, missing told apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from training.frames import Table, column
from training.models.glm import Array

LEAST_SPREAD = 1e-9
# In standard deviations: beyond it a value counts as at it, so that no wholesale buyer bends a line.
WIDEST = 4.0


class Numbers:
    """The numbers of a table (rows × at least ``features``), read once for all models that look at them."""

    def __init__(self, table: Table, features: tuple[str, ...]) -> None:
        self.table = table
        self._place = {name: place for place, name in enumerate(features)}

    def __getitem__(self, name: str) -> Array:
        """Return one column, (rows,), of the features or beside them."""
        return column(self.table, name)

    def of(self, features: tuple[str, ...]) -> Array:
        """Return some of the features, (rows, len(features)); nobody writes into what is returned."""
        return self._some(self._values, features)

    def logs(self, features: tuple[str, ...]) -> Array:
        """Return ``sign(v) log(1 + |v|)`` of them likewise."""
        return self._some(self._logs, features)

    def _some(self, values: Array, features: tuple[str, ...]) -> Array:
        if features == tuple(self._place):
            return values
        return values[:, [self._place[name] for name in features]]

    @cached_property
    def _values(self) -> Array:
        return np.array([self[name] for name in self._place]).T

    @cached_property
    def _logs(self) -> Array:
        logs = np.abs(self._values)
        np.log1p(logs, out=logs)
        return np.copysign(logs, self._values, out=logs)


@dataclass(frozen=True)
class Inputs:
    """``sign(v) log(1 + |v|)``, standardised; missing becomes 0 (the mean) beside an indicator of its own.

    Two features that are missing on the same rows share one indicator; a feature without spread is left out.
    """

    features: tuple[str, ...]
    centres: tuple[float, ...]
    scales: tuple[float, ...]
    indicators: tuple[str, ...]

    @classmethod
    def fit(cls, table: pd.DataFrame, features: tuple[str, ...]) -> Self:
        """Learn centres, scales and indicators from ``table`` (rows × at least ``features``)."""
        values = Numbers(table, features).logs(features)
        missing = np.isnan(values)
        counts = np.maximum((~missing).sum(axis=0), 1)
        centres = np.nansum(values, axis=0) / counts
        scales = np.sqrt(np.nansum((values - centres) ** 2, axis=0) / counts)
        used = scales > LEAST_SPREAD
        seen: dict[bytes, str] = {}
        for j, name in enumerate(features):
            if used[j] and 0 < missing[:, j].sum() < len(values):
                seen.setdefault(np.packbits(missing[:, j]).tobytes(), name)
        return cls(
            tuple(name for name, keep in zip(features, used, strict=True) if keep),
            tuple(float(c) for c in centres[used]),
            tuple(float(s) for s in scales[used]),
            tuple(seen.values()),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature behind each column of ``matrix``."""
        return self.features + self.indicators

    def matrix(self, numbers: Numbers) -> Array:
        """Return (rows, len(columns)): values within ±4 standard deviations, indicators 0 or 1."""
        logs = numbers.logs(self.features)
        matrix = np.empty((len(logs), len(self.columns)), order="F")
        values, absent = matrix[:, : len(self.features)], matrix[:, len(self.features) :]
        np.subtract(logs, np.asarray(self.centres), out=values)
        values /= np.asarray(self.scales)
        np.clip(values, -WIDEST, WIDEST, out=values)
        np.copyto(values, 0.0, where=np.isnan(values))
        absent[:] = np.isnan(numbers.of(self.indicators))
        return matrix
