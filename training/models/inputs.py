"""What a linear model sees of a behaviour table: standardised logarithms, missing values told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from training.models.glm import Array

LEAST_SPREAD = 1e-9
# In standard deviations: beyond it a value counts as at it, so that no wholesale buyer bends a line.
WIDEST = 4.0


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
        values = _logs(table, features)
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

    def matrix(self, table: pd.DataFrame) -> Array:
        """Return (rows, len(columns)): values within ±4 standard deviations, indicators 0 or 1."""
        values = _logs(table, self.features)
        values -= np.asarray(self.centres)
        values /= np.asarray(self.scales)
        np.clip(values, -WIDEST, WIDEST, out=values)
        values[np.isnan(values)] = 0.0
        absent = table[list(self.indicators)].isna().to_numpy(dtype=np.float64)
        return np.hstack([values, absent])


def _logs(table: pd.DataFrame, features: tuple[str, ...]) -> Array:
    values = table[list(features)].to_numpy(dtype=np.float64)
    return np.asarray(np.copysign(np.log1p(np.abs(values)), values))
