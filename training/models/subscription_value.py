"""What a subscriber is worth: sBG says how long the contract lasts, the bills what a month of it brings.

With a contract it stands where `training.models.value` stands without one, and answers the same questions:
an order is a bill, and no order is the contract's end.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar, Self, TypeAlias

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.period import DAYS_PER_MONTH, Period
from features.tables import Tables
from features.tenures import customer_tenures
from training.errors import NotEnoughDataError
from training.frames import Table, as_frame, column, known
from training.models.coins import log_survival
from training.models.discounting import force_of_discount
from training.models.glm import Array
from training.models.sbg import ShiftedBetaGeometric
from training.models.value import SMALLEST, VALUE_FEATURES, ValueModel, moments_of

__all__ = ["SubscriptionValue", "Valuation"]

MONTH = Period.of("month")
PRIOR_MONTHS = 3.0
PRIOR_ORDERS = 10.0
RECENT_DAYS = 91
NODES, WEIGHTS = np.polynomial.legendre.leggauss(12)
BILLS_REPEAT = frozenset({"purchases", "rhythm", "basket", "returns", "season"})


@dataclass(frozen=True)
class SubscriptionValue:
    """``tenure`` (sBG, in months) × what a month brings.

    ``billed``: the transactions are the subscriptions' own bills, one a month; else a month brings what the
    customer's months have brought since the first order, drawn to the mean of all: ``mean_orders``, of
    ``mean_revenue`` each month. ``pace``: the orders of the last 91 days over what they were to be by that.
    ``margin_share``: as in `ValueModel`. ``tables``: what it was fitted on, while it is being trained.
    """

    tenure: ShiftedBetaGeometric
    billed: bool
    mean_orders: float
    mean_revenue: float
    margin_share: float | None
    pace: float = 1.0
    tables: Tables | None = field(default=None, repr=False, compare=False)

    title: ClassVar[str] = "sBG"
    facts: ClassVar[tuple[str, ...]] = ("subscription_age_days",)

    @classmethod
    def fit(cls, tables: Tables, as_of: date, behaviour: pd.DataFrame) -> Self:
        """Fit to the subscriptions known at ``as_of``, whose behaviour table then is ``behaviour``.

        Raises ``NotEnoughDataError`` where no end is on record, or nobody is there; ``ConvergenceError``.
        """
        known = tables.known("subscriptions", as_of)
        tenures = None if known is None else customer_tenures(known, as_of, MONTH)
        if tenures is None or behaviour.empty:
            raise NotEnoughDataError(
                f"No subscription has ended by {as_of}.", mend="Load ended_at, or wait until some have ended."
            )
        seen = as_frame(tenures)
        tenure = ShiftedBetaGeometric.fit(
            seen["renewals"], seen["ended"], seen["customers"], entered=seen["entered"]
        )
        orders = float(behaviour["orders"].sum())
        months = float((column(behaviour, "days_since_first_order") / DAYS_PER_MONTH).sum())
        mean_orders = (orders - len(behaviour) + SMALLEST) / max(months, 1.0)
        net, margin = float(behaviour["net_revenue"].sum()), behaviour["margin_total"]
        model = cls(
            tenure,
            tables.billed,
            mean_orders=mean_orders,
            mean_revenue=mean_orders * net / orders,
            margin_share=float(np.clip(margin.sum() / net, -1.0, 1.0))
            if margin.notna().any() and net > 0
            else None,
            tables=tables,
        )
        return model if model.billed else replace(model, pace=model._pace_of(behaviour))

    def refitted(self, behaviour: pd.DataFrame) -> Self:
        """Return the model of another moment, from what was known then; raises ``ConvergenceError``.

        Where no end was known yet, the two parameters stand as they are.
        """
        if self.tables is None:
            raise TypeError("a model that was read from a bundle is not fitted again")
        try:
            return self.fit(self.tables, moments_of(behaviour)[0].date(), behaviour)
        except NotEnoughDataError:
            return self

    @property
    def silent(self) -> frozenset[str]:
        """Features that say nothing: of bills that follow from the subscription, its own features say all."""
        if not self.billed:
            return frozenset()
        return frozenset(feature.name for feature in CATALOGUE if feature.family in BILLS_REPEAT)

    def survival(self, behaviour: Table, horizon_days: float) -> Array:
        """Return P(the contract outlives the horizon), (customers,)."""
        return np.exp(
            log_survival(
                self.tenure.alpha, self.tenure.beta + self._age(behaviour), horizon_days / DAYS_PER_MONTH
            )
        )

    def probability_no_order(self, behaviour: Table, horizon_days: float) -> Array:
        """Return P(the contract ends in the horizon), (customers,), within 1e-5 of 0 and 1."""
        return np.clip(1.0 - self.survival(behaviour, horizon_days), SMALLEST, 1.0 - SMALLEST)

    def probability_alive(self, behaviour: Table) -> Array:
        """Return 1 for each customer: their contracts run."""
        return np.ones(len(behaviour))

    def bills(
        self,
        behaviour: Table,
        from_days: float,
        to_days: float,
        *,
        annual_rate: float = 0.0,
        hazard_ratio: Array | float = 1.0,
    ) -> Array:
        """Return the bills (or orders) expected after one day ahead and up to another, (customers,).

        One t days ahead comes with the survival until then, to the power ``hazard_ratio``, and counts as
        (1 + annual_rate)^(-t / 365).
        """
        ahead, due = self._due(behaviour, from_days, to_days)
        age = self._age(behaviour)[:, None]
        logs = log_survival(self.tenure.alpha, self.tenure.beta + age, ahead / DAYS_PER_MONTH)
        force = force_of_discount(annual_rate, 1.0)
        power = np.reshape(np.broadcast_to(hazard_ratio, len(behaviour)), (-1, 1))
        return np.asarray((due * np.exp(power * logs - force * ahead)).sum(axis=1))

    def bills_if_stays(self, behaviour: Table, horizon_days: float) -> Array:
        """Return the bills (or orders) of who stays through the horizon, one at least, (customers,)."""
        return np.asarray(np.maximum(self._due(behaviour, 0.0, horizon_days)[1].sum(axis=1), 1.0))

    def expected_orders(self, behaviour: Table, horizon_days: float) -> Array:
        """Return expected bills (or orders) in the horizon, (customers,): one at least for who stays."""
        stays = 1.0 - self.probability_no_order(behaviour, horizon_days)
        return np.maximum(self.bills(behaviour, 0.0, horizon_days), stays)

    def monthly_orders(self, behaviour: Table) -> Array:
        """Return the bills (or orders) of a month, (customers,)."""
        if self.billed:
            return np.ones(len(behaviour))
        repeats = column(behaviour, "orders") - 1.0 + PRIOR_MONTHS * self.mean_orders
        months = column(behaviour, "days_since_first_order") / DAYS_PER_MONTH + PRIOR_MONTHS
        return np.asarray(np.maximum(self.pace * repeats / months, SMALLEST))

    def monthly_revenue(self, behaviour: Table) -> Array:
        """Return what a month brings, net, (customers,): the monthly amount where that is what is billed."""
        if self.billed:
            return known(column(behaviour, "subscription_monthly_amount"), 0.0)
        return self.monthly_orders(behaviour) * self._spend_so_far(behaviour)

    def expected_spend(self, behaviour: Table) -> Array:
        """Return expected revenue per bill (or order), (customers,)."""
        return self.monthly_revenue(behaviour) if self.billed else self._spend_so_far(behaviour)

    def features(self, behaviour: Table, horizon_days: float) -> dict[str, Array]:
        """Return ``VALUE_FEATURES`` for the learners, as `ValueModel.features` does."""
        ends = self.probability_no_order(behaviour, horizon_days)
        said = (
            np.log(ends / (1.0 - ends)),
            np.log(self.expected_orders(behaviour, horizon_days)),
            np.log(np.maximum(self.expected_spend(behaviour), SMALLEST)),
        )
        return dict(zip(VALUE_FEATURES, said, strict=True))

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, ready for JSON."""
        kept = {
            name: getattr(self, name)
            for name in ("billed", "mean_orders", "mean_revenue", "margin_share", "pace")
        }
        return {"tenure": json.loads(self.tenure.to_json()), **kept}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        return cls(**kept | {"tenure": ShiftedBetaGeometric.from_json(json.dumps(kept["tenure"]))})

    def _due(self, behaviour: Table, from_days: float, to_days: float) -> tuple[Array, Array]:
        """Return days ahead, and how many bills fall due on each while the contract runs: (customers, days).

        Bills have their days; orders come at any time, and stand at Gauss's nodes.
        """
        if not self.billed:
            days = (from_days + (to_days - from_days) * (NODES + 1.0) / 2.0)[None, :]
            share = (WEIGHTS * (to_days - from_days) / 2.0 / DAYS_PER_MONTH)[None, :]
            return days, share * self.monthly_orders(behaviour)[:, None]
        first = known(column(behaviour, "days_to_monthly_renewal"), DAYS_PER_MONTH)
        days = first[:, None] + DAYS_PER_MONTH * np.arange(int(to_days / DAYS_PER_MONTH) + 1)[None, :]
        return days, ((days > from_days) & (days <= to_days)).astype(np.float64)

    def _age(self, behaviour: Table) -> Array:
        return known(column(behaviour, "subscription_age_days"), 0.0) / DAYS_PER_MONTH

    def _spend_so_far(self, behaviour: Table) -> Array:
        """Return net revenue per order, drawn to that of all as by three months of it."""
        total = column(behaviour, "net_revenue") + PRIOR_MONTHS * self.mean_revenue
        orders = column(behaviour, "orders") + PRIOR_MONTHS * self.mean_orders
        return np.asarray(np.maximum(total / orders, 0.0))

    def _pace_of(self, behaviour: pd.DataFrame) -> float:
        """Return the last 91 days' orders, of who had come before, over what their months so far bring."""
        there = behaviour[behaviour["days_since_first_order"] >= RECENT_DAYS]
        brought = float(self.monthly_orders(there).sum()) * RECENT_DAYS / DAYS_PER_MONTH
        return (float(there["orders_91d"].sum()) + PRIOR_ORDERS) / (brought + PRIOR_ORDERS)


Valuation: TypeAlias = ValueModel | SubscriptionValue
"""What a customer is worth, without a contract or with one."""
