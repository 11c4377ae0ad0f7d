"""The model in use: the one that answers for customers and feature rows that come with a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.arrays import IntegerArray

from serving.errors import ModelUnavailableError
from serving.shelf import Model

__all__ = ["ModelInUse", "Predictor", "Rows"]

Rows = Mapping[str, Sequence[Mapping[str, str | None]]]
"""Texts by column, row by row, of each contract table."""


class Predictor(Model, Protocol):
    """What the service asks of a bundle that gives scores itself."""

    @property
    def tables(self) -> Sequence[str]:
        """The contract tables whose rows are looked at."""

    def prepare(self) -> None:
        """Make the plans that ``behaviour_of`` goes by; it takes seconds."""

    def behaviour_of(self, rows: Rows, as_of: date) -> pd.DataFrame:
        """Return the behaviour table of customers from all of their rows, by contract table, as texts."""

    def score_columns(
        self, behaviour: pd.DataFrame, as_of: date
    ) -> Mapping[str, NDArray[Any] | IntegerArray]:
        """Return ``SCORE_COLUMNS`` but ``run_id`` of a behaviour table's rows, (rows,), by name."""

    def numbers(self, behaviour: pd.DataFrame, as_of: date) -> Mapping[str, NDArray[np.float64]]:
        """Return what is predicted of each row of a behaviour table, (rows,), by name; NaN where nothing."""


class ModelInUse:
    """Holds the model; another takes its place between two requests, and who holds the old one keeps it.

    ``failures`` counts the bundles that were refused.
    """

    def __init__(self, model: Predictor | None = None) -> None:
        self._model = model
        self.failures = 0

    @property
    def model(self) -> Predictor:
        """The model; raises ``ModelUnavailableError`` while there is none."""
        model = self._model
        if model is None:
            raise ModelUnavailableError(
                "No model is in use yet.", mend="Try again in a moment; if none was promoted yet: joren train"
            )
        return model

    @property
    def version(self) -> str | None:
        """The version of the model; None while there is none."""
        model = self._model
        return None if model is None else model.version

    def put(self, model: Predictor) -> None:
        """Let ``model`` answer from now on."""
        self._model = model
