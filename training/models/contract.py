"""What every model keeps: its parameters, how they were estimated, and both as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from training.errors import ModelInputError

if TYPE_CHECKING:
    from training.models.optimise import Optimum

__all__ = ["Estimation", "Model"]


@dataclass(frozen=True)
class Estimation:
    """How a model's parameters were come by."""

    log_likelihood: float  # of all customers at the estimates, without the prior, in the model's time unit
    standard_errors: dict[str, float]
    converged: bool
    at_boundary: bool  # the likelihood alone has no maximum inside the bounds
    prior_strength: float  # how often the weak prior was taken: 0 is pure maximum likelihood
    customers: float  # the weight of all customers
    events: float  # densities in the likelihood (repeat purchases): what a change of the time unit multiplies
    distinct: int  # rows that the likelihood was computed on
    iterations: int
    gradient_norm: float
    engine: str = "joren"
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        optimum: Optimum,
        names: tuple[str, ...],
        *,
        customers: float,
        events: float,
        distinct: int,
        notes: tuple[str, ...] = (),
    ) -> Self:
        """Return what is to be told of a fit of the parameters ``names``; errors by the delta method."""
        errors = np.exp(optimum.theta) * optimum.standard_errors
        return cls(
            log_likelihood=optimum.log_likelihood,
            standard_errors=dict(zip(names, errors.tolist(), strict=True)),
            converged=True,
            at_boundary=optimum.at_boundary,
            prior_strength=optimum.prior_strength,
            customers=customers,
            events=events,
            distinct=distinct,
            iterations=optimum.iterations,
            gradient_norm=optimum.gradient_norm,
            notes=notes,
        )


@dataclass(frozen=True)
class Model:
    """A parametric model: positive parameters, and how they were estimated (``None`` where given)."""

    estimation: Estimation | None = field(default=None, kw_only=True)

    NAME: ClassVar[str]
    PARAMETERS: ClassVar[tuple[str, ...]]
    TIME_PARAMETERS: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        """Raise ``ModelInputError`` where a parameter is not a positive number."""
        wrong = [f"{name} = {value}" for name, value in self.parameters.items() if not 0 < value < np.inf]
        if wrong:
            raise ModelInputError(f"Parameters of {self.NAME} must be positive numbers.", which=wrong)

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by the paper's names."""
        return {name: float(getattr(self, name)) for name in self.PARAMETERS}

    def in_unit(self, days: float) -> Self:
        """Return the same model, which is in days, with times in units of ``days`` days (7: weeks)."""
        scaled: dict[str, Any] = {name: getattr(self, name) / days for name in self.TIME_PARAMETERS}
        estimation = self.estimation
        if estimation is not None:
            errors = {
                name: error / days if name in self.TIME_PARAMETERS else error
                for name, error in estimation.standard_errors.items()
            }
            told = estimation.log_likelihood + estimation.events * float(np.log(days))
            scaled["estimation"] = replace(estimation, log_likelihood=told, standard_errors=errors)
        return replace(self, **scaled)

    def to_json(self) -> str:
        """Return the model as JSON with sorted keys; the same model gives the same text."""
        told = {
            "model": self.NAME,
            "parameters": self.parameters,
            "estimation": None if self.estimation is None else asdict(self.estimation),
        }
        return json.dumps(told, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that ``to_json`` told; raise ``ModelInputError`` where it is another one."""
        told = json.loads(text)
        if told.get("model") != cls.NAME or set(told["parameters"]) != set(cls.PARAMETERS):
            raise ModelInputError(f"The text does not tell of a {cls.NAME} model.", which=[text[:80]])
        estimation = told["estimation"]
        kept = (
            None if estimation is None else Estimation(**{**estimation, "notes": tuple(estimation["notes"])})
        )
        return cls(**told["parameters"], estimation=kept)
