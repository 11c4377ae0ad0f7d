"""What a customer is worth: a purchase model says how many orders to expect, Gamma-Gamma how large.

It is the whole model where history is short, and elsewhere the base that the learners start from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from training.errors import NotEnoughDataError
from training.frames import Columns, Table, column, known
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.glm import Array
from training.models.mbgnbd import MBGNBD
from training.models.paretonbd import ParetoNBD
from training.models.purchases import PurchaseModel
from training.models.triples import History
from training.season import Season

FAMILIES: Mapping[str, type[PurchaseModel]] = MappingProxyType(
    {model.NAME: model for model in (BGNBD, MBGNBD, ParetoNBD)}
)
TITLES = {"bgnbd": "BG/NBD", "mbgnbd": "MBG/NBD", "paretonbd": "Pareto/NBD"}
VALUE_FEATURES = ("btyd_log_odds_no_order", "btyd_log_orders", "btyd_log_spend")
SMALLEST = 1e-5
REFUND_ORDERS = 3.0
FEWEST_CUSTOMERS = 10


@dataclass(frozen=True)
class ValueModel:
    """``orders`` × ``spend`` (Gamma-Gamma; None: nobody has ever paid) × ``net_share``.

    ``net_share``: revenue net of refunds per unit of gross spend, and ``paid_share``: paid orders among all
    (what is free is an order, too), over everyone. ``margin_share``: recorded margin per unit of net revenue,
    None where none is recorded. ``season``: the year's rhythm, by whose clock ``orders`` is fitted and asked;
    None where the days count alike. With one, every table that is handed in says its ``as_of``, in a column
    or in the index. ``facts``: the features that it looks at; ``silent``: those that the learners beside it
    leave out.
    """

    orders: PurchaseModel
    spend: GammaGamma | None
    mean_spend: float
    net_share: float
    margin_share: float | None
    season: Season | None = None
    paid_share: float = 1.0

    facts: ClassVar[tuple[str, ...]] = ("orders", "days_since_first_order", "days_since_last_order")
    silent: ClassVar[frozenset[str]] = frozenset()

    @classmethod
    def fit(
        cls, behaviour: pd.DataFrame, family: type[PurchaseModel] = BGNBD, season: Season | None = None
    ) -> Self:
        """Fit to a behaviour table of one moment. Raises ``NotEnoughDataError``, ``ConvergenceError``."""
        if len(behaviour) < FEWEST_CUSTOMERS:
            raise NotEnoughDataError(
                f"{len(behaviour)} known customers are too few for any model.",
                mend=f"Wait for {FEWEST_CUSTOMERS}, or load more of the history.",
            )
        paid, mean_value = paid_history(behaviour)
        gross = float(behaviour["gross_spend"].sum())
        net = float(behaviour["net_revenue"].sum())
        margin = behaviour["margin_total"]
        try:
            spend = GammaGamma.fit(paid[paid > 0], mean_value[paid > 0])
        except NotEnoughDataError:
            spend = None
        return cls(
            orders=family.fit(*_by_clock(behaviour, season)),
            spend=spend,
            mean_spend=gross / max(float(paid.sum()), 1.0),
            net_share=float(np.clip(net / gross, 0.0, 1.0)) if gross > 0 else 0.0,
            margin_share=float(np.clip(margin.sum() / net, -1.0, 1.0))
            if margin.notna().any() and net > 0
            else None,
            season=season,
            paid_share=float(np.clip(paid.sum() / behaviour["orders"].sum(), 0.0, 1.0)),
        )

    def refitted(self, behaviour: pd.DataFrame) -> Self:
        """Return a model of this kind, fitted to the behaviour table of another moment; raises as ``fit``."""
        return self.fit(behaviour, type(self.orders), self.season)

    @property
    def title(self) -> str:
        """The purchase model's name, as the field writes it."""
        return TITLES[self.orders.NAME]

    def history(self, behaviour: Table) -> History:
        """Return what ``orders`` is asked with: `purchase_history`, by the season's clock if there is one."""
        return _by_clock(behaviour, self.season)

    def ahead(self, behaviour: Table, horizon_days: float) -> Array | float:
        """Return the horizon likewise: one number where all rows are of one moment."""
        if self.season is None:
            return horizon_days
        return self.season.ahead(moments_of(behaviour), horizon_days)

    def discounted_orders(self, behaviour: Table, horizon_days: float, annual_rate: float) -> Array:
        """Return expected orders in the horizon, one d days ahead counted as (1 + annual_rate)^(-d / 365)."""
        ahead = self.ahead(behaviour, horizon_days)
        orders = self.orders.discounted_purchases(ahead, annual_rate, *self.history(behaviour))
        if self.season is None:
            return orders
        return orders * self.season.discount(moments_of(behaviour), horizon_days, annual_rate)

    def days_until(self, behaviour: Table, level: Array) -> Array:
        """Return the days until P(no purchase) is down to ``level``, (customers,); infinite: never."""
        elapsed = self.orders.days_until(level, *self.history(behaviour))
        if self.season is None:
            return elapsed
        return self.season.days_until(moments_of(behaviour), elapsed)

    def probability_alive(self, behaviour: Table) -> Array:
        """Return P(alive at the moment), (customers,)."""
        return self.orders.probability_alive(*self.history(behaviour))

    def probability_no_order(self, behaviour: Table, horizon_days: float) -> Array:
        """Return P(no purchase in the horizon), (customers,), within 1e-5 of 0 and 1."""
        ahead = self.ahead(behaviour, horizon_days)
        probability = self.orders.probability_no_purchase(ahead, *self.history(behaviour))
        return np.clip(probability, SMALLEST, 1.0 - SMALLEST)

    def expected_orders(self, behaviour: Table, horizon_days: float) -> Array:
        """Return expected purchase days in the horizon, (customers,)."""
        ahead = self.ahead(behaviour, horizon_days)
        return np.maximum(self.orders.expected_purchases(ahead, *self.history(behaviour)), SMALLEST)

    def expected_spend(self, behaviour: Table) -> Array:
        """Return expected revenue per order, net of refunds, (customers,).

        What a customer gives back counts as far as it is known: the population's share of spend that is kept
        weighs as much as ``REFUND_ORDERS`` orders of average size. Of orders to come, as many are free as of
        those seen.
        """
        if self.spend is None:
            gross = np.full(len(behaviour), self.mean_spend)
        else:
            gross = self.spend.expected_value(*paid_history(behaviour))
        prior = REFUND_ORDERS * max(self.mean_spend, SMALLEST)
        kept = np.maximum(column(behaviour, "net_revenue"), 0.0) + prior * self.net_share
        kept /= column(behaviour, "gross_spend") + prior
        return np.asarray(gross * kept * self.paid_share)

    def features(self, behaviour: Table, horizon_days: float) -> dict[str, Array]:
        """Return ``VALUE_FEATURES`` for the learners: what this model says, on scales that suit a line."""
        none = self.probability_no_order(behaviour, horizon_days)
        return {
            "btyd_log_odds_no_order": np.log(none / (1.0 - none)),
            "btyd_log_orders": np.log(self.expected_orders(behaviour, horizon_days)),
            "btyd_log_spend": np.log(np.maximum(self.expected_spend(behaviour), SMALLEST)),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, ready for JSON."""
        return {
            "orders": json.loads(self.orders.to_json()),
            "spend": None if self.spend is None else json.loads(self.spend.to_json()),
            "mean_spend": self.mean_spend,
            "net_share": self.net_share,
            "margin_share": self.margin_share,
            "paid_share": self.paid_share,
            "season": None if self.season is None else list(self.season.months),
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        season = kept["season"]
        return cls(
            orders=FAMILIES[kept["orders"]["model"]].from_json(json.dumps(kept["orders"])),
            spend=None if kept["spend"] is None else GammaGamma.from_json(json.dumps(kept["spend"])),
            mean_spend=kept["mean_spend"],
            net_share=kept["net_share"],
            margin_share=kept["margin_share"],
            paid_share=kept["paid_share"],
            season=None if season is None else Season(tuple(season)),
        )


def paid_history(behaviour: Table) -> tuple[Array, Array]:
    """Return what Gamma-Gamma is asked with: paid orders, and their mean value, 0 where there are none."""
    return column(behaviour, "paid_orders"), known(column(behaviour, "mean_order_value"), 0.0)


def purchase_history(behaviour: Table) -> History:
    """Return the papers' (x, t_x, T): repeat purchase days, age at the last of them, age; in days."""
    age = column(behaviour, "days_since_first_order")
    return History(column(behaviour, "orders") - 1.0, age - column(behaviour, "days_since_last_order"), age)


def moments_of(behaviour: Table) -> pd.DatetimeIndex:
    """Return the moment of each row of a behaviour table or a panel."""
    columns = Columns(behaviour) if isinstance(behaviour, pd.DataFrame) else behaviour
    return pd.DatetimeIndex(columns["as_of"])


def _by_clock(behaviour: Table, season: Season | None) -> History:
    seen = purchase_history(behaviour)
    return seen if season is None else season.history(moments_of(behaviour), seen)
