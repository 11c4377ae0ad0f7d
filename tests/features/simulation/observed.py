"""What the pipeline shows of a made-up shop, as matrices of customers and days, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize

from features.cx.standing import purchases_known
from features.simulation import Shop, World
from features.tables import Tables

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """The shop as read; its customers are those of the truth who buy all year, in the truth's order."""

    world: World
    shop: Shop
    tables: Tables

    @cached_property
    def truth(self) -> pd.DataFrame:
        truth = self.shop.truth.to_pandas()
        truth["joined_day"] = self.days(truth["joined_on"])
        return truth[~truth["gift_buyer"] & (truth["joined_day"] <= self.last)].reset_index(drop=True)

    @cached_property
    def place(self) -> dict[str, int]:
        return {customer: position for position, customer in enumerate(self.truth["customer_id"])}

    @property
    def last(self) -> int:
        """The day of the moment, from the world's start."""
        return (self.world.as_of - self.world.start).days

    def days(self, dates: pd.Series) -> npt.NDArray[np.int64]:
        since = pd.to_datetime(dates).dt.normalize() - pd.Timestamp(self.world.start)
        return since.dt.days.to_numpy()

    def rows(self, name: str) -> pd.DataFrame:
        """Return what was known of an optional table at the moment, of our customers."""
        known = self.tables.known(name, self.world.as_of)
        assert known is not None
        frame = known.to_pandas()
        return frame[frame["customer_id"].isin(self.place)].assign(
            place=lambda rows: rows["customer_id"].map(self.place)
        )

    @cached_property
    def bought(self) -> npt.NDArray[np.bool_]:
        """Whether each customer bought on each day."""
        purchases = purchases_known(self.tables, self.world.as_of).to_pandas()
        purchases = purchases[purchases["customer_id"].isin(self.place)]
        bought = np.zeros((len(self.truth), self.last + 1), dtype=bool)
        bought[purchases["customer_id"].map(self.place), self.days(purchases["day"])] = True
        return bought

    @cached_property
    def rate(self) -> Floats:
        """The rate of orders that each customer has on each day while they are one."""
        pull = np.ones_like(self.bought, dtype=float)
        sent = self.rows("treatments")
        ratios = sent["arm"].map({"control": 1.0, **self.world.effects.offer_rate_ratio})
        for place, day, ratio in zip(sent["place"], self.days(sent["sent_day"]), ratios, strict=True):
            pull[place, day + 1 : day + 1 + self.world.effects.offer_days] = ratio
        season = self.world.season()[: self.last + 1]
        rate: Floats = self.truth["rate_per_day"].to_numpy()[:, None] * season * pull
        return rate

    def episodes(self, places: pd.Series, first_days: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return the days of ``upset_days`` from each of ``first_days`` on."""
        holds = np.zeros_like(self.bought)
        for place, day in zip(places, first_days, strict=True):
            holds[place, day : day + self.world.effects.upset_days] = True
        return holds

    def slow(self) -> npt.NDArray[np.bool_]:
        rows = self.rows("interactions")
        waited = rows["first_response_at"].fillna(pd.Timestamp.max) - rows["opened_at"]
        limit = self.world.effects.slow_after_hours
        rows = rows[waited > pd.Timedelta(hours=limit)]
        return self.episodes(rows["place"], self.days(rows["opened_day"]) + 1 + limit // 24)

    def upset(self) -> npt.NDArray[np.bool_]:
        rows = self.rows("surveys")
        rows = rows[(rows["kind"] == "nps") & (rows["score"] <= 6)]
        return self.episodes(rows["place"], self.days(rows["submitted_day"]) + 1)


def hazard_ratios(seen: Observed) -> tuple[Floats, Floats]:
    """Return the log hazard ratios of (slow answers, detractor answers) and their standard errors.

    By maximum likelihood from who bought when, given each customer's own rate and hazard. It is that of the
    Pareto/NBD model in discrete days with both varying: who bought last on day t lived through t, and then
    either bought nothing to the end, or left on some day before which they bought nothing.
    """
    slow, upset, hazard = seen.slow(), seen.upset(), seen.truth["hazard_per_day"].to_numpy()
    days = seen.last + 1
    joined, last = seen.truth["joined_day"].to_numpy(), days - 1 - seen.bought[:, ::-1].argmax(axis=1)
    day = np.arange(days)
    lived = (day > joined[:, None]) & (day <= last[:, None])
    after = day > last[:, None]
    rate_after = np.where(after, seen.rate, 0)
    silence = np.cumsum(rate_after, axis=1) - rate_after
    quiet_to_the_end = rate_after.sum(axis=1)
    kinds = slow + 2 * upset

    def loss(logs: Floats) -> float:
        ratios = np.exp(np.array([0, logs[0], logs[1], logs[0] + logs[1]]))
        each = hazard[:, None] * ratios[kinds]
        borne = np.cumsum(np.where(after, each, 0), axis=1)
        left = np.where(after, np.exp(-silence - borne) * np.expm1(each), 0).sum(axis=1)
        stayed = np.exp(-borne[:, -1] - quiet_to_the_end)
        return float((each * lived).sum() - np.log(left + stayed).sum())

    found = minimize(loss, np.zeros(2), method="BFGS", options={"gtol": 0.5})
    step = 0.05
    curvature = [
        (loss(found.x + step * unit) - 2 * found.fun + loss(found.x - step * unit)) / step**2
        for unit in np.eye(2)
    ]
    return found.x, 1 / np.sqrt(curvature)
