"""``joren clv`` without its terminal: what is asked of the lifetime-value models, and what they answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.contract import CONTRACT
from features.period import Period
from features.sources import read_alone, read_tables
from features.tables import DataConfig, Tables, rows_known
from joren.errors import ConfigError
from joren.project import Project, file_data, load_project, moment_asked
from training.clv_fit import Engine, fit_opportunities, fit_purchases, fit_repeat_spend
from training.config import TrainingConfig
from training.models.contract import Estimation, Model
from training.models.gammagamma import GammaGamma
from training.models.value import FAMILIES
from training.policy import Policy
from training.retention import Renewal, fit_tenures

if TYPE_CHECKING:
    from joren.pipeline import Steps

__all__ = [
    "DAYS_IN",
    "Fitted",
    "fit_model",
    "fit_subscriptions",
    "prior_told",
    "project_asked",
    "read_project",
    "subscriptions_asked",
]

DAYS_IN = {"day": 1.0, "week": 7.0}
"""The units of time that parameters can be told in."""
HORIZON_DAYS = 91  # unless another is asked for, as in joren.toml
LONG_SILENCE_DAYS = 14
SUBSCRIPTIONS = CONTRACT["subscriptions"]
REPEAT_ONLY = (
    "as in the papers, the paid orders after each customer's first are fitted; predictions learn from the "
    "first, too"
)


@dataclass(frozen=True)
class Fitted:
    """A fitted model, and what it was fitted to; ``notes`` are for whoever reads the numbers.

    ``time_unit`` is what the parameters are told in: None where no time is in them. ``renewals`` are those of
    subscriptions.
    """

    model: Model
    estimation: Estimation
    time_unit: str | None
    source: str
    as_of: date
    notes: tuple[str, ...]
    renewals: tuple[Renewal, ...] = ()

    @classmethod
    def of(
        cls, model: Model, time_unit: str | None, source: str, as_of: date, notes: Iterable[str]
    ) -> Fitted:
        """Return what is to be told of a model that was estimated."""
        if model.estimation is None:
            raise TypeError("a model that was not estimated has nothing to tell")
        noted = (*model.estimation.notes, *notes)
        return cls(model, model.estimation, time_unit, source, as_of, noted)

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
        } | ({"renewals": [asdict(one) for one in self.renewals]} if self.renewals else {})


def prior_told(told: Estimation) -> str:
    """Return how strongly the weak prior was taken, and why; of an estimation that needed it."""
    why = "the likelihood alone has no maximum" if told.at_boundary else "as was asked"
    return f"a weak prior, taken {told.prior_strength:g} times: {why}"


def project_asked(
    folder: Path,
    transactions: Path | None,
    as_of: date | None,
    *,
    mapping: Iterable[str] = (),
    zone: str | None = None,
    currency: str | None = None,
) -> Project:
    """Return the one file as a project, or else the folder's own; ``as_of`` in place of what that says.

    Raises ``ConfigError``.
    """
    if transactions is None:
        project = load_project(folder)
        return project if as_of is None else replace(project, as_of=as_of)
    data = file_data(transactions, mapping=mapping, zone=zone, currency=currency)
    return Project(Path(), data, TrainingConfig(horizon_days=HORIZON_DAYS), Policy(), as_of=as_of)


def subscriptions_asked(
    folder: Path, file: Path | None, *, mapping: Iterable[str] = (), zone: str | None = None
) -> DataConfig:
    """Return where the subscriptions are: in the one file, or else where the folder's project says.

    Raises ``ConfigError``.
    """
    if file is not None:
        return file_data(file, mapping=mapping, zone=zone, table=SUBSCRIPTIONS.name)
    data = load_project(folder).data
    if SUBSCRIPTIONS.name not in data.sources:
        raise ConfigError("The project names no subscriptions.", mend="Give their --subscriptions FILE.")
    return data


def read_project(project: Project, steps: Steps) -> tuple[Tables, date, list[str]]:
    """Return the tables, the moment that is asked about (the data's last day if none is), and notes."""
    with steps.step(f"Reading {project.source_name}"):
        tables = read_tables(project.data)
        as_of = moment_asked(project, tables)
    notes = list(tables.reports["transactions"].notes)
    last_day = tables.last_day(as_of)
    if last_day is not None and (as_of - last_day).days > LONG_SILENCE_DAYS:
        notes.append(f"the data end on {last_day}: the days to {as_of} count as days without a purchase")
    if after := tables.after(as_of):
        notes.append(f"{after:,} rows lie after {as_of}, and were not looked at")
    return tables, as_of, notes


def fit_model(
    name: str, project: Project, steps: Steps, *, time_unit: str, period: str | None, engine: Engine
) -> Fitted:
    """Fit the model called ``name`` to a project's transactions.

    ``time_unit`` is what the parameters of purchase models are told in, ``period`` what BG/BB counts in.
    Raises ``ConfigError`` where the two do not go together, and what reading and fitting raise.
    """
    if (name == "bgbb") != (period is not None):
        raise ConfigError(
            f"--model {name} {'needs a' if period is None else 'takes no'} --period.",
            mend="BG/BB counts in periods, such as 7d, month or year; the others in days.",
        )
    counted = None if period is None else Period.of(period)
    tables, as_of, notes = read_project(project, steps)
    model: Model
    unit: str | None = time_unit
    with steps.step("Fitting"):
        if counted is not None:
            model, unit = fit_opportunities(tables, as_of, counted, engine), counted.name
        elif name == GammaGamma.NAME:
            model, unit = fit_repeat_spend(tables, as_of, engine), None
            notes.append(REPEAT_ONLY)
        else:
            model = fit_purchases(FAMILIES[name], tables, as_of, engine).in_unit(DAYS_IN[time_unit])
    return Fitted.of(model, unit, project.source_name, as_of, notes)


def fit_subscriptions(data: DataConfig, as_of: date, period: str, steps: Steps) -> Fitted:
    """Fit sBG to the subscriptions in ``data``, which renew every ``period``, as known at ``as_of``."""
    counted = Period.of(period)
    source = Path(data.sources[SUBSCRIPTIONS.name].location).name
    with steps.step(f"Reading {source}"):
        rows, report = read_alone(SUBSCRIPTIONS.name, data)
    with steps.step("Fitting"):
        model, renewals = fit_tenures(rows_known(rows, SUBSCRIPTIONS, as_of), as_of, counted)
    return replace(Fitted.of(model, counted.name, source, as_of, report.notes), renewals=renewals)
