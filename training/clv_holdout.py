"""A lifetime-value model on trial: fitted on what was known at a moment, beside what came after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from features.behaviour.history import customer_days, known_at
from features.histories import purchase_histories
from features.labels import outcomes_in
from features.window import Window
from training.errors import NotEnoughDataError
from training.models.gammagamma import GammaGamma
from training.models.triples import History
from training.panel import as_frame

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Tables
    from training.models.distinct import FloatArray
    from training.models.purchases import PurchaseModel

__all__ = ["Holdout"]

TITLES = {"bgnbd": "BG/NBD", "mbgnbd": "MBG/NBD", "paretonbd": "Pareto/NBD"}


@dataclass(frozen=True)
class Holdout:
    """The customers known at ``window.as_of``, the models fitted to them then, and what they did by its end.

    ``customers``: one row each, without ids: `purchase_histories` at the start, and ``orders`` and
    ``revenue`` (net of refunds, not below 0) in the days held out. ``repeat_orders``: how many purchases of
    theirs after the first came each day, from the first day of all to the last held out. ``spend`` is None
    where nothing was paid.
    """

    window: Window
    purchases: PurchaseModel
    spend: GammaGamma | None
    customers: pd.DataFrame
    repeat_orders: pd.Series[float]

    @classmethod
    def of(cls, tables: Tables, as_of: date, holdout_days: int, model: type[PurchaseModel]) -> Self:
        """Fit ``model`` and Gamma-Gamma as of ``holdout_days`` before ``as_of``; the truth is as known then.

        Raises ``ImmatureWindowError`` where the data ends before ``as_of``, ``NotEnoughDataError`` where
        nobody had bought before the start, ``ConvergenceError``.
        """
        window = Window(as_of - timedelta(days=holdout_days), holdout_days)
        histories = purchase_histories(tables, window.as_of)
        outcomes = outcomes_in(tables, window, known_by=as_of).select("customer_id", "orders", "revenue")
        joined = as_frame(histories.left_join(outcomes, "customer_id").order_by("customer_id"))
        if joined.empty:
            raise NotEnoughDataError(
                f"No customer had bought by {window.as_of}, where the days held out begin.",
                mend="Hold out fewer days, or load more of the history.",
            )
        kept = ["x", "t_x", "T", "paid_orders", "mean_value", "gross", "refund", "orders", "revenue"]
        customers = joined[kept].fillna({"orders": 0.0, "revenue": 0.0})
        return cls(
            window=window,
            purchases=model.fit(customers["x"], customers["t_x"], customers["T"]),
            spend=_fitted_spend(customers),
            customers=customers,
            repeat_orders=_repeat_orders(tables, histories, window, int(customers["T"].max())),
        )

    @property
    def model(self) -> str:
        """The purchase model's name in the literature."""
        return TITLES.get(self.purchases.NAME, self.purchases.NAME)

    @property
    def first_day(self) -> date:
        """The day of the first purchase of all."""
        return self.window.as_of - timedelta(days=int(self.customers["T"].max()))

    @property
    def history(self) -> History:
        """What the purchase model sees of each customer at the start."""
        return History(*(self.customers[name].to_numpy(np.float64) for name in History._fields))

    def expected_orders(self) -> FloatArray:
        """Return each customer's expected purchases in the days held out."""
        return self.purchases.expected_purchases(self.window.horizon_days, *self.history)

    def expected_revenue(self) -> FloatArray:
        """Return each customer's expected revenue in the days held out, in currency units, net of refunds.

        Of the expected purchases the share is paid, and of the spend the share kept, that was by the start.
        """
        seen = self.customers
        if self.spend is None:
            return np.zeros(len(seen))
        paid = seen["paid_orders"].sum() / (seen["x"] + 1).sum()
        kept = np.clip(1 - seen["refund"].sum() / seen["gross"].sum(), 0.0, 1.0)
        value = self.spend.expected_value(seen["paid_orders"], seen["mean_value"].fillna(0.0))
        return np.asarray(self.expected_orders() * paid * value * kept)


def _fitted_spend(customers: pd.DataFrame) -> GammaGamma | None:
    paid = customers[customers["paid_orders"] > 0]
    try:
        return GammaGamma.fit(paid["paid_orders"], paid["mean_value"])
    except NotEnoughDataError:
        return None


def _repeat_orders(tables: Tables, histories: ir.Table, window: Window, age_days: int) -> pd.Series[float]:
    """Count the customers' repeat purchases of each day, as known at the window's end."""
    known = known_at(customer_days(tables), [window.outcome_end])
    again = known.filter(known.purchase & known.previous_order.notnull())
    theirs = again.semi_join(histories, "customer_id")
    counted = as_frame(theirs.group_by("day").aggregate(orders=theirs.count()).order_by("day"))
    days = pd.date_range(window.as_of - timedelta(days=age_days), window.outcome_end, name="day")
    return counted.set_index("day")["orders"].reindex(days, fill_value=0.0)
