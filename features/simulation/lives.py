"""The made-up customers' lives, day by day: they buy, wait for answers, are asked, get offers, and leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.simulation.customers import Customers
from features.simulation.world import CONTROL, Floats, Ints, World

__all__ = ["DETRACTOR", "NEVER", "Asked", "Lives", "Offers", "Orders", "Tickets", "live"]

NEVER = 1 << 30
NO_ANSWER = -1
DETRACTOR = 6  # the highest score of one

TICKET_SHARE, UNANSWERED_SHARE = 0.12, 0.03
MEDIAN_WAIT_HOURS, WAIT_SPREAD = 16.0, 1.3
ASKED_SHARE, ASKED_EVERY_DAYS, ANSWER_SHARE, SCORE_SPREAD = 0.3, 90, 0.55, 1.5
FIRST_CAMPAIGN_DAY, CAMPAIGN_EVERY_DAYS, TARGET_DAYS = 182, 56, 365
CHOSEN_EVERY, CHOSEN_SILENT_DAYS = 4, 90
"""Every fourth campaign is no experiment: whoever has been silent for so long gets the first offer."""


class Orders(NamedTuple):
    """Who ordered, on which day, under which arm (0: no offer was open)."""

    customer: Ints
    day: Ints
    arm: Ints


class Tickets(NamedTuple):
    """The order that a ticket is about, and the hours to its first answer (infinite: there is none)."""

    order: Ints
    wait_hours: Floats


class Asked(NamedTuple):
    """Who was asked how likely they are to recommend the shop, when, and the answer (-1: none came)."""

    customer: Ints
    day: Ints
    score: Ints


class Offers(NamedTuple):
    """Who was sent what; ``randomised`` where the arm was drawn by lot."""

    customer: Ints
    day: Ints
    arm: Ints
    randomised: NDArray[np.bool_]


@dataclass(frozen=True)
class Lives:
    """What happened, in the order of the days; customers are positions, days count from the world's start.

    ``left_day`` has an entry for each customer, ``NEVER`` for those who are still there at the end. An
    order's number is its position in ``orders``; an arm is a position in ``arms``.
    """

    left_day: Ints
    orders: Orders
    tickets: Tickets
    asked: Asked
    offers: Offers
    arms: tuple[str, ...]


def live(world: World, customers: Customers, draw: np.random.Generator) -> Lives:
    """Let the days of ``world`` pass one by one, for all customers at once."""
    town = _Town(world, customers, draw)
    for today in range(world.days):
        town.live_through(today)
    return Lives(
        town.left_day,
        Orders(*_joined(town.orders)),
        Tickets(*_joined(town.tickets)),
        Asked(*_joined(town.asked)),
        Offers(*_joined(town.offers)),
        town.arms,
    )


def _joined(log: list[tuple[np.ndarray, ...]]) -> list[np.ndarray]:
    return [np.concatenate(column) for column in zip(*log, strict=True)]


class _Town:
    """The state of everybody on the day that is lived, and the log of what has happened."""

    def __init__(self, world: World, customers: Customers, draw: np.random.Generator) -> None:
        n = world.customers
        self.effects, self.customers, self.draw = world.effects, customers, draw
        self.season = np.stack([world.season(), world.gift_season()])
        self.newcomers = _by_day(customers.joined_day, world.days)
        self.here = np.empty(0, dtype=np.int64)
        self.patience = draw.exponential(size=n)  # the hazard that they can bear before they leave
        self.left_day = np.full(n, NEVER)
        self.waiting, self.upset = _Episodes(n), _Episodes(n)
        self.last_order_day, self.last_asked_day = np.full(n, -NEVER), np.full(n, -NEVER)
        self.arm, self.arm_until = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        self.arms = (CONTROL, *self.effects.offer_rate_ratio)
        self.orders: list[tuple[np.ndarray, ...]] = []
        self.tickets: list[tuple[np.ndarray, ...]] = []
        self.asked: list[tuple[np.ndarray, ...]] = []
        self.offers: list[tuple[np.ndarray, ...]] = []
        self.ordered = 0

    def live_through(self, today: int) -> None:
        """Leave, order, write to support, be asked, get offers: in this order."""
        self._leave(today)
        buyers = self._buy(today)
        self._write(today, buyers)
        self._ask(today, buyers)
        if today >= FIRST_CAMPAIGN_DAY and (today - FIRST_CAMPAIGN_DAY) % CAMPAIGN_EVERY_DAYS == 0:
            self._send(today)

    def _leave(self, today: int) -> None:
        here, effects = self.here, self.effects
        self.patience[here] -= (
            self.customers.hazard_per_day[here]
            * np.where(self.waiting.holds(here, today), effects.slow_answer_hazard_ratio, 1.0)
            * np.where(self.upset.holds(here, today), effects.detractor_hazard_ratio, 1.0)
        )
        gone = self.patience[here] < 0
        self.left_day[here[gone]] = today
        self.here = here[~gone]

    def _buy(self, today: int) -> Ints:
        """Return who orders: some of those who are here, and the newcomers, who stay from now on."""
        here = self.here
        arm = np.where(self.arm_until[here] > today, self.arm[here], 0)
        pull = np.array([1.0, *self.effects.offer_rate_ratio.values()])[arm]
        season = self.season[self.customers.gift[here].astype(int), today]
        rate = self.customers.rate_per_day[here] * season * pull
        bought = self.draw.random(len(here)) < -np.expm1(-rate)
        newcomers = self.newcomers[today]
        buyers = np.concatenate([here[bought], newcomers])
        arms = np.concatenate([arm[bought], np.zeros(len(newcomers), dtype=np.int64)])
        self.orders.append((buyers, np.full(len(buyers), today), arms))
        self.ordered += len(buyers)
        self.last_order_day[buyers] = today
        self.here = np.concatenate([here, newcomers])
        return buyers

    def _write(self, today: int, buyers: Ints) -> None:
        """Let some of today's buyers write to support; how long they wait has nothing to do with them."""
        chosen = np.flatnonzero(self.draw.random(len(buyers)) < TICKET_SHARE)
        wait_hours = MEDIAN_WAIT_HOURS * np.exp(WAIT_SPREAD * self.draw.normal(size=len(chosen)))
        wait_hours[self.draw.random(len(chosen)) < UNANSWERED_SHARE] = np.inf
        self.tickets.append((self.ordered - len(buyers) + chosen, wait_hours))
        slow_after = self.effects.slow_after_hours
        slow = buyers[chosen[wait_hours > slow_after]]
        self.waiting.begin(slow, today + 1 + slow_after // 24, self.effects.upset_days)

    def _ask(self, today: int, buyers: Ints) -> None:
        """Ask some of today's buyers for an NPS score, nobody twice in a quarter."""
        due = self.last_asked_day[buyers] <= today - ASKED_EVERY_DAYS
        people = buyers[due & (self.draw.random(len(buyers)) < ASKED_SHARE)]
        self.last_asked_day[people] = today
        felt = self.draw.normal(self.customers.satisfaction[people], SCORE_SPREAD)
        score = np.clip(np.rint(felt), 0, 10).astype(np.int64)
        score[self.draw.random(len(people)) >= ANSWER_SHARE] = NO_ANSWER
        self.asked.append((people, np.full(len(people), today), score))
        detractors = people[(score >= 0) & (score <= DETRACTOR)]
        self.upset.begin(detractors, today + 1, self.effects.upset_days)

    def _send(self, today: int) -> None:
        """Send a campaign to last year's buyers: the shop cannot know who has left."""
        number = (today - FIRST_CAMPAIGN_DAY) // CAMPAIGN_EVERY_DAYS + 1
        randomised = number % CHOSEN_EVERY != 0
        silent_days = today - self.last_order_day
        if randomised:
            people = np.flatnonzero(silent_days <= TARGET_DAYS)
            arm = self.draw.integers(0, len(self.arms), len(people))
        else:
            people = np.flatnonzero((silent_days <= TARGET_DAYS) & (silent_days >= CHOSEN_SILENT_DAYS))
            arm = np.ones(len(people), dtype=np.int64)
        self.arm[people], self.arm_until[people] = arm, today + 1 + self.effects.offer_days
        n = len(people)
        self.offers.append((people, np.full(n, today), arm, np.full(n, randomised)))


class _Episodes:
    """For each customer, the days from and until which something holds."""

    def __init__(self, customers: int) -> None:
        self._from = np.full(customers, NEVER)
        self._until = np.full(customers, -NEVER)

    def begin(self, people: Ints, day: int, days: int) -> None:
        """Let it hold from ``day`` on; where it still holds, it goes on without a break."""
        again = self._until[people] >= day
        self._from[people] = np.where(again, np.minimum(self._from[people], day), day)
        self._until[people] = day + days

    def holds(self, people: Ints, today: int) -> NDArray[np.bool_]:
        """Return for whom it holds today."""
        return (self._from[people] <= today) & (today < self._until[people])


def _by_day(day: Ints, days: int) -> list[Ints]:
    """Return, for each of so many days, the positions in ``day`` that hold it."""
    order = np.argsort(day, kind="stable")
    return np.split(order, np.searchsorted(day[order], np.arange(1, days)))
