"""A linear model and trees for one outcome, both started from the lifetime-value model's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import pandas as pd

from training.config import DEFAULT, Hyperparameters
from training.models.glm import Array, Family, RidgeGLM
from training.models.inputs import Inputs, Numbers
from training.models.trees import Trees


@dataclass(frozen=True)
class Members:
    """The linear model and the trees for one outcome, both around the same offset."""

    inputs: Inputs
    glm: RidgeGLM
    trees: Trees

    @classmethod
    def fit(
        cls,
        table: pd.DataFrame,
        features: tuple[str, ...],
        outcome: Array,
        *,
        offset: Array,
        family: Family,
        seed: int,
        threads: int,
        hyperparameters: Hyperparameters = DEFAULT,
    ) -> Self:
        """Fit both to ``table`` (rows × at least ``features``), ``outcome`` and ``offset`` (rows,)."""
        inputs = Inputs.fit(table, features)
        penalty = hyperparameters.ridge_penalty
        matrix = inputs.matrix(Numbers(table, features))
        glm = RidgeGLM.fit(matrix, outcome, offset=offset, family=family, penalty=penalty)
        trees = Trees.fit(
            table,
            features,
            outcome,
            offset=offset,
            family=family,
            seed=seed,
            threads=threads,
            hyperparameters=hyperparameters,
        )
        return cls(inputs, glm, trees)

    @property
    def features(self) -> tuple[str, ...]:
        """What a table is looked at for."""
        return self.trees.features

    def linear(self, numbers: Numbers, offset: Array) -> tuple[Array, Array]:
        """Return the two linear predictors, each (rows,), the offset within."""
        return self.glm.linear(self.inputs.matrix(numbers), offset), self.trees.linear(numbers, offset)

    def to_dict(self) -> dict[str, Any]:
        """Return all but the trees' own bytes, ready for JSON."""
        return {
            "features": list(self.trees.features),
            "inputs": {key: list(values) for key, values in vars(self.inputs).items()},
            "intercept": self.glm.intercept,
            "coefficients": list(self.glm.coefficients),
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any], trees: bytes) -> Self:
        """Read what ``to_dict`` gave, and what the trees' ``to_bytes`` gave."""
        inputs = Inputs(**{key: tuple(values) for key, values in kept["inputs"].items()})
        glm = RidgeGLM(kept["intercept"], tuple(kept["coefficients"]))
        return cls(inputs, glm, Trees.from_bytes(trees, tuple(kept["features"])))
