"""Will this customer leave? A linear model and trees, both started from the value model, and their stack."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from training.config import DEFAULT, Hyperparameters
from training.models.glm import Array, Family
from training.models.inputs import Numbers
from training.models.members import Members
from training.models.value import VALUE_FEATURES
from training.stack import Stack

START = VALUE_FEATURES[0]
TRUST = 0.5  # of the value model's log-odds at the start: the learners add what behaviour says beyond it


@dataclass(frozen=True)
class ChurnModel:
    """The members, and how far each is trusted."""

    members: Members
    stack: Stack

    @classmethod
    def fit_members(
        cls,
        table: pd.DataFrame,
        features: tuple[str, ...],
        churned: Array,
        *,
        seed: int,
        threads: int,
        hyperparameters: Hyperparameters = DEFAULT,
    ) -> Members:
        """Fit the members to a panel's rows; ``table`` holds ``features``, ``VALUE_FEATURES`` among them."""
        offset = TRUST * table[START].to_numpy(np.float64)
        return Members.fit(
            table,
            features,
            churned,
            offset=offset,
            family=Family.BINOMIAL,
            seed=seed,
            threads=threads,
            hyperparameters=hyperparameters,
        )

    @staticmethod
    def log_odds(members: Members, numbers: Numbers) -> Array:
        """Return (rows, 3): the log-odds of leaving by the value model, the linear model, the trees."""
        start = numbers[START]
        return np.column_stack([start, *members.linear(numbers, TRUST * start)])

    def stacked_log_odds(self, numbers: Numbers) -> Array:
        """Return the log-odds of leaving, (rows,)."""
        return self.stack.combine(self.log_odds(self.members, numbers))

    @property
    def trust_in_start(self) -> float:
        """The weight of the value model's log-odds in the stack, the learners' own use of them aside."""
        own, linear, trees = self.stack.weights
        return own + TRUST * (linear + trees)

    def contributions(self, numbers: Numbers) -> dict[str, Array]:
        """Return what each feature adds to the log-odds of leaving, (rows,).

        Row by row they add up to the log-odds, less one constant and less ``trust_in_start`` times the value
        model's. The linear model's are coefficient × distance from the mean, the trees' exact TreeSHAP, each
        weighted as the stack weighs it.
        """
        _, linear, trees = self.stack.weights
        by_trees = self.members.trees.contributions(numbers) * trees
        by_line = self.members.inputs.matrix(numbers) * np.asarray(self.members.glm.coefficients) * linear
        total = dict(zip(self.members.features, by_trees.T, strict=True))
        for feature, terms in zip(self.members.inputs.columns, by_line.T, strict=True):
            total[feature] = total[feature] + terms
        return total
