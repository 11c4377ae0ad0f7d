"""To and from lifetimes: parameters both ways, and ``engine = "lifetimes"``, which fits with it.

The only importer of lifetimes, and only when it is asked for. Importing it silences FutureWarning for the
whole process, a failed fit prints, and some stop without an optimum (r = a = b = 1.105171): here warnings
are put back, output is swallowed, and a fit is believed only if our own derivatives say that it ended at a
maximum.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from training.errors import ConvergenceError, ModelInputError
from training.models.bgbb import BGBB
from training.models.bgnbd import BGNBD
from training.models.contract import Estimation, Model
from training.models.distinct import FloatArray
from training.models.gammagamma import GammaGamma
from training.models.mbgnbd import MBGNBD
from training.models.optimise import Optimum, Problem, verified
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.triples import Triples

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import ArrayLike

__all__ = ["fit_purchases", "fit_spend", "from_lifetimes", "to_lifetimes"]

FITTERS: Mapping[type[Model], str] = {
    BGNBD: "BetaGeoFitter",
    MBGNBD: "ModifiedBetaGeoFitter",
    ParetoNBD: "ParetoNBDFitter",
    BGBB: "BetaGeoBetaBinomFitter",
    GammaGamma: "GammaGammaFitter",
}
STEEPEST = 1e-3  # of the mean log-likelihood, at what lifetimes calls an optimum

Purchases = TypeVar("Purchases", bound=PurchaseModel)


@contextmanager
def contained() -> Iterator[None]:
    """Keep what lifetimes prints, and what it does to warnings, to itself."""
    with warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def new_fitter(model: type[Model], penalizer: float = 0.0) -> Any:  # noqa: ANN401 - lifetimes ships no types
    """Return an unfitted fitter of lifetimes for one of our models."""
    if model not in FITTERS:
        raise ModelInputError(f"lifetimes has no {model.NAME} model.", which=[one.NAME for one in FITTERS])
    with contained():
        import lifetimes

        return getattr(lifetimes, FITTERS[model])(penalizer_coef=penalizer)


def to_lifetimes(model: Model) -> Any:  # noqa: ANN401 - lifetimes ships no types
    """Return a fitter of lifetimes that predicts with the model's parameters."""
    import pandas as pd

    fitter = new_fitter(type(model))
    fitter.params_ = pd.Series(model.parameters)
    return fitter


def from_lifetimes(fitter: Any) -> Model:  # noqa: ANN401 - lifetimes ships no types
    """Return the model with the parameters of a fitted fitter, in the unit of time that it was fitted in."""
    name = type(fitter).__name__
    kinds = [model for model, fitter_name in FITTERS.items() if fitter_name == name]
    if not kinds or not hasattr(fitter, "params_"):
        raise ModelInputError(f"{name} is no fitted purchase or spend model of lifetimes.")
    build: Any = kinds[0]
    model: Model = build(**{str(parameter): float(value) for parameter, value in fitter.params_.items()})
    return model


def fit_purchases(
    model: type[Purchases],
    x: ArrayLike,
    t_x: ArrayLike,
    T: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    penalizer: float = 0.0,
) -> Purchases:
    """Return the model fitted by lifetimes, on distinct triples.

    Where it is penalised, what it finds is no maximum of the likelihood, and is taken as it is. Raises
    ``ConvergenceError`` where lifetimes gives up or stops short of a maximum.
    """
    triples = Triples.of(x, t_x, T, weights)
    fitter = new_fitter(model, penalizer)
    start = {"initial_params": np.ones(len(model.PARAMETERS))} if model is ParetoNBD else {}
    run(fitter, triples.x.rows, triples.t_x.rows, triples.T.rows, weights=triples.weights, **start)
    unit = model.fitting_unit(triples)
    found = model(**fitter.params_)
    theta = np.log(list((found.in_unit(unit) if model.TIME_PARAMETERS else found).parameters.values()))
    return model.of(np.exp(theta), unit, estimation_at(theta, model.problem(triples, unit), penalizer))


def fit_spend(
    orders: ArrayLike, mean_value: ArrayLike, weights: ArrayLike | None = None, *, penalizer: float = 0.0
) -> GammaGamma:
    """Return Gamma-Gamma fitted by lifetimes; as ``fit_purchases``."""
    problem, unit = GammaGamma.problem(orders, mean_value, weights)
    count, mean = (np.asarray(column, dtype=np.float64) for column in (orders, mean_value))
    paid = (count > 0) & (mean > 0)
    shares = None if weights is None else np.asarray(weights)[paid]
    fitter = new_fitter(GammaGamma, penalizer)
    run(fitter, count[paid], mean[paid], weights=shares)
    theta = np.log(fitter.params_.to_numpy() / [1, 1, unit])
    return GammaGamma.of(np.exp(theta), unit, estimation_at(theta, problem, penalizer))


def run(fitter: Any, *columns: FloatArray, **options: Any) -> None:  # noqa: ANN401 - lifetimes ships no types
    """Fit, and raise ``ConvergenceError`` where lifetimes does not get to numbers."""
    try:
        with contained():
            fitter.fit(*columns, **options)
    except Exception as error:  # lifetimes raises whatever its optimiser stumbles over
        raise ConvergenceError(f"lifetimes gave up: {type(error).__name__}.", mend=MEND) from error
    if not (np.isfinite(fitter.params_) & (fitter.params_ > 0)).all():
        raise ConvergenceError("lifetimes ended without numbers.", mend=MEND)


MEND = 'Give it a penalizer (0.1), or use engine = "joren".'


def estimation_at(theta: FloatArray, problem: Problem, penalizer: float) -> Estimation:
    """Return what our own derivatives say of parameters that lifetimes found."""
    here = problem.objective(theta)
    if not penalizer and not verified(theta, here, STEEPEST):
        slope = float(np.abs(here.gradient).max())
        raise ConvergenceError(f"lifetimes stopped where there is no maximum (slope {slope:.2g}).", mend=MEND)
    told = Estimation.of(
        problem, Optimum(theta, here.value, here, 0, 0.0, at_boundary=False), engine="lifetimes"
    )
    return replace(told, notes=(*told.notes, f"penalizer {penalizer:g}")) if penalizer else told
