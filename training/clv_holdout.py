"""A lifetime-value model on trial: fitted on what was known at a moment, beside what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

import ibis
import pandas as pd

from features.behaviour.history import history_at
from features.labels import outcomes_in
from features.window import Window
from training.frames import as_frame
from training.models.value import ValueModel
from training.stretches import known_customers

if TYPE_CHECKING:
    from features.tables import Tables
    from training.models.distinct import FloatArray
    from training.models.gammagamma import GammaGamma
    from training.models.purchases import PurchaseModel

__all__ = ["Holdout"]


@dataclass(frozen=True)
class Holdout:
    """The customers known at ``window.as_of``, the models fitted to them then, and what they did by its end.

    ``customers``: one row each, without ids: `known_customers` at the start, their ``x``, ``t_x`` and ``T``,
    and what they did in the days held out: purchases (``bought``) and ``revenue`` (net of refunds, not below
    0). ``repeat_orders``: how many purchases of theirs after the first came each day, from the first day of
    all to the last held out.
    """

    window: Window
    value: ValueModel
    customers: pd.DataFrame
    repeat_orders: pd.Series[float]

    @classmethod
    def of(cls, tables: Tables, as_of: date, holdout_days: int, model: type[PurchaseModel]) -> Self:
        """Fit ``model`` and Gamma-Gamma as of ``holdout_days`` before ``as_of``; the truth is as known then.

        Raises ``ImmatureWindowError`` where the data ends before ``as_of``, ``NotEnoughDataError`` where too
        few had bought before the start, ``ConvergenceError``.
        """
        window = Window(as_of - timedelta(days=holdout_days), holdout_days)
        did = as_frame(outcomes_in(tables, window, known_by=as_of)).set_index("customer_id")
        known = known_customers(tables, window.as_of)
        value = ValueModel.fit(known, model)
        did = did.reindex(known["customer_id"])
        customers = known.drop(columns="customer_id").assign(
            **value.history(known)._asdict(),
            bought=did["orders"].fillna(0.0).to_numpy(),
            revenue=did["revenue"].fillna(0.0).to_numpy(),
        )
        theirs = known[["customer_id"]]
        return cls(
            window, value, customers, _repeat_orders(tables, theirs, window, int(customers["T"].max()))
        )

    @property
    def model(self) -> str:
        """The purchase model's name in the literature."""
        return self.value.title

    @property
    def purchases(self) -> PurchaseModel:
        """The purchase model."""
        return self.value.orders

    @property
    def spend(self) -> GammaGamma | None:
        """Gamma-Gamma; None where nothing was paid."""
        return self.value.spend

    @property
    def first_day(self) -> date:
        """The day of the first purchase of all."""
        return self.window.as_of - timedelta(days=int(self.customers["T"].max()))

    def expected_orders(self) -> FloatArray:
        """Return each customer's expected purchases in the days held out."""
        return self.value.expected_orders(self.customers, self.window.horizon_days)

    def expected_revenue(self) -> FloatArray:
        """Return each customer's expected revenue in the days held out, in currency units, net of refunds."""
        return self.expected_orders() * self.value.expected_spend(self.customers)


def _repeat_orders(tables: Tables, theirs: pd.DataFrame, window: Window, age_days: int) -> pd.Series[float]:
    """Count the customers' repeat purchases of each day, as known at the window's end."""
    known = history_at(tables, [window.outcome_end])
    again = known.filter(known.purchase & known.previous_order.notnull())
    kept = again.semi_join(ibis.memtable(theirs), "customer_id")
    counted = as_frame(kept.group_by("day").aggregate(orders=kept.count()).order_by("day"))
    days = pd.date_range(window.as_of - timedelta(days=age_days), window.outcome_end, name="day")
    return counted.set_index("day")["orders"].reindex(days, fill_value=0.0)
