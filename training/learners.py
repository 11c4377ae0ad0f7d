"""What is learned from a panel: who leaves, how often the others order, how much revenue comes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import pandas as pd
from scipy.special import expit

from training.clv import Prediction
from training.config import TrainingConfig
from training.frames import Table
from training.models.amounts import FurtherOrders, Revenue, further_by_value_model, spend_by_value_model
from training.models.churn import ChurnModel
from training.models.inputs import Numbers
from training.models.members import Members
from training.stack import Stack

FILE = "learners.json"
BY_ORDERS = 0.6  # of revenue's logarithm: orders × the value model's spend; the rest was learned as it stands


class LearnersFit(Protocol):
    """``Learners.fit``, or what is called in its place."""

    def __call__(
        self,
        table: pd.DataFrame,
        outcomes: pd.DataFrame,
        features: tuple[str, ...],
        stack: Stack,
        config: TrainingConfig,
    ) -> Learners:
        """Fit to a panel's rows."""


@dataclass(frozen=True)
class Learners:
    """The three models; further orders and revenue are None where too few customers bought to learn from.

    ``horizon_days``: the length of the outcomes that they were learned from.
    """

    horizon_days: int
    churn: ChurnModel
    further: FurtherOrders | None
    revenue: Revenue | None

    @classmethod
    def fit(
        cls,
        table: pd.DataFrame,
        outcomes: pd.DataFrame,
        features: tuple[str, ...],
        stack: Stack,
        config: TrainingConfig,
    ) -> Self:
        """Fit to a panel's rows: ``table`` (rows × ``features``) and ``outcomes``, in the same order."""
        churned, orders, revenue = (
            outcomes[name].to_numpy(np.float64) for name in ("churned", "orders", "revenue")
        )
        seed, threads = config.seed, config.threads
        with ThreadPoolExecutor() as pool:
            members = pool.submit(
                ChurnModel.fit_members,
                table,
                features,
                churned,
                seed=seed,
                threads=threads,
                hyperparameters=config.hyperparameters,
            )
            further = pool.submit(FurtherOrders.fit, table, features, orders, seed=seed, threads=threads)
            earned = pool.submit(Revenue.fit, table, features, revenue, seed=seed, threads=threads)
        return cls(
            config.horizon_days, ChurnModel(members.result(), stack), further.result(), earned.result()
        )

    @classmethod
    def fit_churn(
        cls,
        table: pd.DataFrame,
        outcomes: pd.DataFrame,
        features: tuple[str, ...],
        stack: Stack,
        config: TrainingConfig,
    ) -> Self:
        """Fit as ``fit``, but who leaves alone: orders and revenue are what the value model says."""
        members = ChurnModel.fit_members(
            table,
            features,
            outcomes["churned"].to_numpy(np.float64),
            seed=config.seed,
            threads=config.threads,
            hyperparameters=config.hyperparameters,
        )
        return cls(config.horizon_days, ChurnModel(members, stack), None, None)

    def forecast(self, table: Table) -> Prediction:
        """Return P(no order), orders and revenue for each row of ``table``.

        ``table`` holds the value model's features too; where a learner is None, the value model's answer
        stands.
        """
        numbers = Numbers(table, self.churn.members.features)
        churn = expit(self.churn.stacked_log_odds(numbers))
        more = further_by_value_model(table) if self.further is None else self.further.expected(numbers)
        orders = (1.0 - churn) * (1.0 + more)
        revenue = orders * spend_by_value_model(table)
        if self.revenue is not None:
            revenue = revenue**BY_ORDERS * self.revenue.expected(numbers) ** (1.0 - BY_ORDERS)
        return Prediction(self.horizon_days, churn, orders, revenue)

    def to_files(self) -> dict[str, bytes]:
        """Return the files of a bundle that hold the learners, by name."""
        parts = {"churn": self.churn.members}
        if self.further is not None:
            parts["further_orders"] = self.further.members
        if self.revenue is not None:
            parts["revenue"] = self.revenue.members
        kept = {
            "horizon_days": self.horizon_days,
            "stack": {"intercept": self.churn.stack.intercept, "weights": list(self.churn.stack.weights)},
            "revenue_scale": None if self.revenue is None else self.revenue.scale,
            "members": {name: members.to_dict() for name, members in parts.items()},
        }
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        return {FILE: text.encode()} | {
            f"{name}.ubj": members.trees.to_bytes() for name, members in parts.items()
        }

    @classmethod
    def from_files(cls, files: dict[str, bytes]) -> Self:
        """Read what ``to_files`` gave."""
        kept = json.loads(files[FILE])
        parts = {
            name: Members.from_dict(part, files[f"{name}.ubj"]) for name, part in kept["members"].items()
        }
        stack = Stack(kept["stack"]["intercept"], tuple(kept["stack"]["weights"]))
        further, revenue = parts.get("further_orders"), parts.get("revenue")
        return cls(
            kept["horizon_days"],
            ChurnModel(parts["churn"], stack),
            None if further is None else FurtherOrders(further),
            None if revenue is None else Revenue(revenue, kept["revenue_scale"]),
        )
