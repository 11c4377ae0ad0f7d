"""``joren clv`` without its terminal: what is asked of the lifetime-value models, and what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.period import Period
from features.sources import read_tables
from features.tables import Tables
from joren.errors import ConfigError
from joren.project import Project, file_data, moment_asked
from training.clv_fit import PURCHASE_MODELS, Engine, fit_opportunities, fit_purchases, fit_repeat_spend
from training.config import TrainingConfig
from training.models.contract import Estimation, Model
from training.models.gammagamma import GammaGamma
from training.policy import Policy

if TYPE_CHECKING:
    from joren.pipeline import Steps

__all__ = ["DAYS_IN", "Fitted", "fit_model", "question_of", "read_question"]

DAYS_IN = {"day": 1.0, "week": 7.0}
"""The units of time that parameters can be told in."""
REPEAT_ONLY = (
    "as in the papers, the spend of paid orders after each customer's first is fitted; predictions also learn "
    "from the first"
)


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what it was fitted to; ``notes`` are for whoever reads the numbers."""

    model: Model
    estimation: Estimation
    time_unit: str | None
    source: str
    as_of: date
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the form that other tools read: its first seven keys are fixed."""
        told = self.estimation
        return {
            "model": self.model.NAME,
            "parameters": self.model.parameters,
            "standard_errors": told.standard_errors,
            "log_likelihood": told.log_likelihood,
            "converged": told.converged,
            "customers": round(told.customers),
            "distinct": told.distinct,
            "time_unit": self.time_unit,
            "engine": told.engine,
            "prior_strength": told.prior_strength,
            "at_boundary": told.at_boundary,
            "as_of": self.as_of.isoformat(),
            "notes": list(self.notes),
        }


def question_of(
    transactions: Path,
    as_of: date | None,
    *,
    mapping: Iterable[str] = (),
    zone: str | None = None,
    currency: str | None = None,
    policy: Policy | None = None,
) -> Project:
    """Return a project that is one file, as of a day, and nothing more; raises ``ConfigError``."""
    return Project(
        folder=Path(),
        data=file_data(transactions, mapping=mapping, zone=zone, currency=currency),
        training=TrainingConfig(horizon_days=365),
        policy=policy or Policy(),
        as_of=as_of,
    )


def read_question(project: Project, steps: Steps) -> tuple[Tables, date]:
    """Return the project's tables and the moment that is asked about; the data's last day if none is."""
    with steps.step(f"Reading {project.source_name}"):
        tables = read_tables(project.data)
        return tables, moment_asked(project, tables)


def fit_model(
    name: str, project: Project, steps: Steps, *, time_unit: str, period: str | None, engine: Engine
) -> Fitted:
    """Fit the model called ``name`` to a project's transactions.

    ``time_unit`` is what the parameters of purchase models are told in, ``period`` what BG/BB counts in.
    Raises ``ConfigError`` where the two do not go together, and what the fit raises.
    """
    counted = _period(name, period)
    tables, as_of = read_question(project, steps)
    notes = [*tables.reports["transactions"].notes, *_beside(tables, as_of)]
    unit: str | None = time_unit
    model: Model
    with steps.step("Fitting"):
        if counted is not None:
            model, unit = fit_opportunities(tables, as_of, counted, engine), counted.name
        elif name == GammaGamma.NAME:
            model, unit = fit_repeat_spend(tables, as_of, engine), None
            notes.append(REPEAT_ONLY)
        else:
            model = fit_purchases(PURCHASE_MODELS[name], tables, as_of, engine).in_unit(DAYS_IN[time_unit])
    return fitted(model, unit, project.source_name, as_of, notes)


def fitted(model: Model, unit: str | None, source: str, as_of: date, notes: Iterable[str]) -> Fitted:
    """Return what is told of a ``model`` that was estimated."""
    if model.estimation is None:
        raise TypeError("a model that was not estimated has nothing to tell")
    return Fitted(model, model.estimation, unit, source, as_of, (*model.estimation.notes, *notes))


def _period(name: str, period: str | None) -> Period | None:
    if (name == "bgbb") != (period is not None):
        raise ConfigError(
            f"--model {name} {'needs' if period is None else 'takes no'} --period.",
            mend="BG/BB counts in periods, such as 7d, month or year; the others in days.",
        )
    return None if period is None else Period.of(period)


def _beside(tables: Tables, as_of: date) -> Iterable[str]:
    """Yield what the moment does to the data."""
    last_day = tables.last_day(as_of)
    if last_day is not None and last_day < as_of:
        yield f"the data known by {as_of} end on {last_day}: the days between count as days without a purchase"
    if after := tables.after(as_of):
        yield f"{after:,} rows lie after {as_of}, and were not looked at"
