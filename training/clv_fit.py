"""Each lifetime-value model fitted to what was known at a moment, straight from the contract's tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import TypeVar

import ibis.expr.types as ir

from features.histories import grouped_histories, purchase_histories
from features.opportunities import grouped_opportunities
from features.period import Period
from features.tables import Tables
from training.errors import NotEnoughDataError
from training.frames import as_frame
from training.models import lifetimes_bridge
from training.models.bgbb import BGBB
from training.models.gammagamma import GammaGamma
from training.models.purchases import PurchaseModel

__all__ = [
    "Engine",
    "fit_opportunities",
    "fit_purchases",
    "fit_repeat_spend",
]


LONGER = "Give a longer history, or a later moment."

Purchases = TypeVar("Purchases", bound=PurchaseModel)


class Engine(StrEnum):
    """Who fits."""

    JOREN = "joren"
    LIFETIMES = "lifetimes"


def fit_purchases(
    model: type[Purchases], tables: Tables, as_of: date, engine: Engine = Engine.JOREN
) -> Purchases:
    """Return ``model``, in days, fitted to every customer's (x, t_x, T) at ``as_of``.

    Raises ``NotEnoughDataError`` or ``ConvergenceError``.
    """
    return _fitted(model, grouped_histories(tables, as_of), engine)


def fit_opportunities(tables: Tables, as_of: date, period: Period, engine: Engine = Engine.JOREN) -> BGBB:
    """Return BG/BB fitted to opportunities of ``period``, as `grouped_opportunities` counts them."""
    found = _fitted(BGBB, grouped_opportunities(tables, as_of, period), engine)
    return replace(found, unit_days=period.days)


def _fitted(model: type[Purchases], grouped: ir.Table, engine: Engine) -> Purchases:
    seen = as_frame(grouped)
    columns = (seen["x"], seen["t_x"], seen["T"], seen["customers"])
    if engine is Engine.LIFETIMES:
        return lifetimes_bridge.fit_purchases(model, *columns)
    return model.fit(*columns)


def fit_repeat_spend(tables: Tables, as_of: date, engine: Engine = Engine.JOREN) -> GammaGamma:
    """Return Gamma-Gamma fitted as the papers fit it: to the mean spend of the paid orders after the first.

    What predicts looks at the first order, too (`training.models.value`); this is for comparison with what
    is published.
    """
    seen = as_frame(purchase_histories(tables, as_of))
    orders = seen["paid_orders"] - (seen["first_gross"] > 0)
    again = orders > 0
    if not again.any():
        raise NotEnoughDataError("No customer has paid for an order after the first.", mend=LONGER)
    mean_value = (seen["gross"] - seen["first_gross"])[again] / orders[again]
    fit = lifetimes_bridge.fit_spend if engine is Engine.LIFETIMES else GammaGamma.fit
    return fit(orders[again], mean_value)
