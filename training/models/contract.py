"""What every model keeps: its parameters, how they were estimated, and both as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from training.errors import ModelInputError

if TYPE_CHECKING:
    from training.models.optimise import Optimum, Problem

__all__ = ["Estimation", "Model", "TimedModel"]


@dataclass(frozen=True)
class Estimation:
    """How a model's parameters were come by."""

    log_likelihood: float  # of all customers at the estimates, without the prior, in the model's time unit
    standard_errors: dict[
        str, float
    ]  # none where the likelihood is not curved downwards (lifetimes, penalised)
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
    def of(cls, problem: Problem, optimum: Optimum, *, engine: str = "joren") -> Self:
        """Return what is to be told of a fit; standard errors from the Hessian, by the delta method."""
        curved = np.linalg.eigvalsh(optimum.here.hessian).max() < 0
        variances = np.diag(np.linalg.inv(-optimum.here.hessian)) if curved else np.empty(0)
        errors = np.exp(optimum.theta[: variances.size]) * np.sqrt(variances / problem.customers)
        return cls(
            log_likelihood=optimum.likelihood * problem.customers,
            standard_errors=dict(zip(problem.names, errors.tolist(), strict=curved)),
            converged=True,
            at_boundary=optimum.at_boundary,
            prior_strength=optimum.prior_strength,
            customers=problem.customers,
            events=problem.events,
            distinct=problem.distinct,
            iterations=optimum.iterations,
            gradient_norm=float(np.abs(optimum.here.gradient).max()),
            engine=engine,
            notes=problem.notes,
        )


@dataclass(frozen=True)
class Model:
    """A parametric model: positive parameters, and how they were estimated (``None`` where given)."""

    estimation: Estimation | None = field(default=None, kw_only=True)

    NAME: ClassVar[str]
    PARAMETERS: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        """Raise ``ModelInputError`` where a parameter is not a positive number."""
        wrong = [f"{name} = {value}" for name, value in self.parameters.items() if not 0 < value < np.inf]
        if wrong:
            raise ModelInputError(f"Parameters of {self.NAME} must be positive numbers.", which=wrong)

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters by the paper's names."""
        return {name: float(getattr(self, name)) for name in self.PARAMETERS}

    def to_json(self) -> str:
        """Return the model as JSON with sorted keys; the same model gives the same text."""
        told = asdict(self)
        parameters = {name: told.pop(name) for name in self.PARAMETERS}
        return json.dumps({"model": self.NAME, "parameters": parameters, **told}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the model that ``to_json`` told; raise ``ModelInputError`` where it is another one."""
        told = json.loads(text)
        if told.pop("model", None) != cls.NAME or set(told["parameters"]) != set(cls.PARAMETERS):
            raise ModelInputError(f"The text does not tell of a {cls.NAME} model.", which=[text[:80]])
        estimation = told.pop("estimation")
        if estimation is not None:
            estimation = Estimation(**{**estimation, "notes": tuple(estimation["notes"])})
        return cls(**told.pop("parameters"), **told, estimation=estimation)


@dataclass(frozen=True)
class TimedModel(Model):
    """A model of events in time, measured in units of ``unit_days`` days (1 unless said)."""

    unit_days: float = field(default=1.0, kw_only=True)

    TIME_PARAMETERS: ClassVar[tuple[str, ...]] = ()  # those that are times

    def in_unit(self, days: float) -> Self:
        """Return the same model with times in units of ``days`` days: 7 for weeks, as in the papers."""
        if not self.TIME_PARAMETERS:
            raise ModelInputError(f"A {self.NAME} model counts periods, not days.", mend="Set its unit_days.")
        ratio = days / self.unit_days
        scaled: dict[str, Any] = {name: getattr(self, name) / ratio for name in self.TIME_PARAMETERS}
        told = self.estimation
        if told is not None:
            errors = {
                name: error / ratio if name in self.TIME_PARAMETERS else error
                for name, error in told.standard_errors.items()
            }
            log_likelihood = told.log_likelihood + told.events * float(np.log(ratio))
            scaled["estimation"] = replace(told, standard_errors=errors, log_likelihood=log_likelihood)
        return replace(self, unit_days=days, **scaled)
