"""What the lifetime-value models answer: for every customer, which of them fits the data, and in pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from joren.clv import prior_told, read_project
from joren.project import Project
from joren.report import score_rows
from joren.table_file import unwritable
from training.canvas import save
from training.choice import Choice, choose
from training.clv import margin_rate
from training.clv_table import HORIZONS_DAYS, customer_table, newcomer_table
from training.models.value import FAMILIES, TITLES, ValueModel
from training.policy import Policy
from training.stretches import known_customers

if TYPE_CHECKING:
    from joren.pipeline import Steps

__all__ = ["Compared", "Predicted", "compare", "draw", "predict", "with_terms"]


@dataclass(frozen=True)
class Predicted:
    """What a value model says: ``table`` has a row a customer, or one a horizon for a customer to come.

    ``why``: how the model came to be the one. ``policy`` holds the horizon, the discount and the margin rate
    that were asked for.
    """

    table: pd.DataFrame
    value: ValueModel
    why: str
    policy: Policy
    source: str
    as_of: date
    currency: str
    notes: tuple[str, ...]

    @property
    def margin_rate(self) -> tuple[float, bool]:
        """The margin per unit of net revenue, and whether it was assumed."""
        return margin_rate(self.value, self.policy)

    def by_value(self, limit: int) -> pd.DataFrame:
        """Return the ``limit`` customers of the highest margin to come; ties by their ids."""
        ordered = self.table.sort_values(["margin_clv", "customer_id"], ascending=[False, True])
        return ordered.head(limit)

    def to_json(self, rows: pd.DataFrame) -> dict[str, Any]:
        """Return the question, the model and ``rows`` of the table, as JSON's own types."""
        rate, assumed = self.margin_rate
        return {
            "model": self.value.orders.NAME,
            "why": self.why,
            "parameters": self.value.orders.parameters,
            "spend_parameters": None if self.value.spend is None else self.value.spend.parameters,
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.policy.clv_horizon_days,
            "annual_discount_rate": self.policy.annual_discount_rate,
            "margin_rate": rate,
            "margin_assumed": assumed,
            "currency": self.currency,
            "rows": score_rows(rows),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Compared:
    """Which purchase model was chosen for the data, and by what."""

    choice: Choice
    source: str
    as_of: date
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the choice, and what to know beside it, as JSON's own types."""
        return self.choice.to_dict() | {"as_of": self.as_of.isoformat(), "data_notes": list(self.notes)}


def predict(project: Project, steps: Steps, *, model: str | None, newcomer: bool) -> Predicted:
    """Fit, and say what is to be expected of each customer, or of one not yet seen.

    ``model`` None: the one that `choose` picks, with the year's rhythm if there is one. Raises what
    reading and fitting raise.
    """
    tables, as_of, notes = read_project(project, steps)
    policy = project.policy
    why, season = f"{TITLES[model]}, as was asked" if model else "", None
    if model is None:
        with steps.step("Choosing a model"):
            choice = choose(tables, as_of, policy.clv_horizon_days)
        model, why, season = choice.picked, choice.why, choice.season
        notes += choice.notes
    with steps.step("Fitting and predicting"):
        customers = known_customers(tables, as_of)
        value = ValueModel.fit(customers, FAMILIES[model], season)
        if newcomer:
            horizons = sorted({*HORIZONS_DAYS, policy.clv_horizon_days})
            table = newcomer_table(value, as_of, policy, horizons)
        else:
            table = customer_table(value, customers, as_of, policy)
    notes += [f"{told} is held by {prior}" for told, prior in _priors(value)]
    return Predicted(table, value, why, policy, project.source_name, as_of, tables.currency, tuple(notes))


def compare(project: Project, steps: Steps) -> Compared:
    """Judge the models on what was held out of the project's past."""
    tables, as_of, notes = read_project(project, steps)
    with steps.step("Comparing the models on the past"):
        choice = choose(tables, as_of, project.training.horizon_days)
    return Compared(choice, project.source_name, as_of, tuple(notes))


def draw(project: Project, steps: Steps, folder: Path, *, model: str | None) -> list[Path]:
    """Write the pictures of a model on trial, PNG, into ``folder``; return their paths.

    The last ``horizon_days`` are held out. Raises ``OutputError`` where the folder cannot be written.
    """
    from training.clv_plots import figures

    tables, as_of, _ = read_project(project, steps)
    days = project.training.horizon_days
    with steps.step("Drawing"):
        family = FAMILIES[model or choose(tables, as_of, days).picked]
        drawn = figures(tables, as_of, days, family)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.png" for name in drawn]
        for path, figure in zip(paths, drawn.values(), strict=True):
            save(figure, path)
    except OSError as error:
        raise unwritable(folder, error) from error
    return paths


def with_terms(
    project: Project,
    *,
    horizon_days: int | None,
    discount_rate: float | None = None,
    margin_rate: float | None = None,
) -> Project:
    """Return the project with what the command line asks in place of what its file says."""
    asked: dict[str, Any] = {
        "clv_horizon_days": horizon_days,
        "annual_discount_rate": discount_rate,
        "margin_rate": margin_rate,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return replace(project, policy=replace(project.policy, **given))


def _priors(value: ValueModel) -> Iterator[tuple[str, str]]:
    """Yield the models that the likelihood alone does not pin down, and what holds each."""
    spend = None if value.spend is None else value.spend.estimation
    for name, told in ((value.title, value.orders.estimation), ("Gamma-Gamma", spend)):
        if told is not None and told.prior_strength:
            yield name, prior_told(told)
