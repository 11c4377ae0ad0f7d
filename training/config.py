"""What training may be told: frozen values, made by ``joren/project.py`` or by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Hyperparameters:
    """How freely the churn learners follow the data; ``joren train --trials N`` tunes them.

    All but ``ridge_penalty`` (rows of evidence that hold back a coefficient of the linear model) are
    XGBoost's own, by its names.
    """

    rounds: int = 60
    max_depth: int = 4
    eta: float = 0.06
    min_child_weight: float = 20.0
    reg_lambda: float = 5.0
    subsample: float = 0.8
    colsample_bytree: float = 0.6
    ridge_penalty: float = 80.0

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a value with which nothing can be learned."""
        for name, value in asdict(self).items():
            if value <= 0:
                raise ValueError(f"{name} is {value}; it is above 0")
        for name in ("eta", "subsample", "colsample_bytree"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is at most 1")


DEFAULT = Hyperparameters()


@dataclass(frozen=True)
class TrainingConfig:
    """How models are fitted.

    ``horizon_days``: length of the outcome window. ``seed``: of every draw. ``threads``: of the tree
    learner; part of what makes two fits the same to the last bit. ``max_moments``: past moments in the
    panel at the most. ``max_rows``: rows of the panel that the learners see at the most, drawn by the seed;
    of more than twice as many customers so many are drawn first (the run says so). ``allow``: columns that
    may be learned from though they look like leaks. ``attributes``: columns of the customers' table that are
    learned from beside the catalogue's features.
    """

    horizon_days: int
    seed: int = 0
    threads: int = 1
    max_moments: int = 12
    max_rows: int = 60_000
    hyperparameters: Hyperparameters = DEFAULT
    allow: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ValueError`` for a count below one."""
        for name in ("horizon_days", "threads", "max_moments", "max_rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it is at least 1")

    def to_dict(self) -> dict[str, Any]:
        """Return the settings by name, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        return cls(
            **{
                **kept,
                "hyperparameters": Hyperparameters(**kept["hyperparameters"]),
                **{name: tuple(kept[name]) for name in ("allow", "attributes")},
            }
        )
