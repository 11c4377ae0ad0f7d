"""What passed between the made-up shop and its customers: tickets, surveys, offers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.simulation.columns import DAY_SECONDS, moments, pick, within, yen
from features.simulation.customers import Customers
from features.simulation.lives import Lives
from features.simulation.world import Floats, Ints, World

__all__ = ["interactions_table", "surveys_table", "treatments_table"]

HOUR = 3600
CHANNELS, TOPICS = ("mail", "chat", "phone"), ("delivery", "product", "payment", "return")
UNRESOLVED_SHARE, REOPENED_SHARE, REOPENED_SLOW_SHARE = 0.05, 0.06, 0.18
RATED_SHARE = {"csat": 0.5, "ces": 0.3}
ANSWER_SHARE = 0.5
MEAN_RATINGS = {"csat": (4.3, 2.6), "ces": (5.6, 3.4)}
"""The mean answer after a contact that was answered in time, and after a slow one."""
HIGHEST = {"csat": 5, "ces": 7}
SENDING_COSTS = {"control": 0, "coupon10": 40, "free_delivery": 60}


class Closed(NamedTuple):
    """Whose ticket was closed when (infinite: never), and whether its answer had been slow."""

    people: Ints
    resolved: Floats
    slow: NDArray[np.bool_]


def interactions_table(
    world: World, lives: Lives, customers: Customers, seconds: Ints, draw: np.random.Generator
) -> tuple[pa.Table, pa.Table]:
    """Return the tickets, and the ratings (CSAT and CES) that were asked for after those that were answered.

    A ticket is opened some hours after its order, placed at ``seconds``. What happens after the world's last
    day is not there.
    """
    order, wait_hours = lives.tickets
    n = len(order)
    people = lives.orders.customer[order]
    opened = seconds[order] + draw.integers(HOUR, 12 * HOUR, n)
    answered = opened + wait_hours * HOUR
    resolved = answered + draw.lognormal(2.5, 1.2, n) * HOUR
    resolved[draw.random(n) < UNRESOLVED_SHARE] = np.inf
    slow = wait_hours > world.effects.slow_after_hours
    again = draw.random(n) < np.where(slow, REOPENED_SLOW_SHARE, REOPENED_SHARE)
    tickets = pa.table(
        {
            "customer_id": customers.ids.take(pa.array(people)),
            "opened_at": moments(world, opened),
            "first_response_at": moments(world, answered),
            "resolved_at": moments(world, resolved),
            "channel": pick(CHANNELS, draw.choice(3, n, p=(0.5, 0.3, 0.2))),
            "topic": pick(TOPICS, draw.choice(4, n, p=(0.4, 0.3, 0.15, 0.15))),
            "reopened": pa.array(again & within(world, resolved)),
        }
    )
    closed = Closed(people, resolved, slow)
    ratings = pa.concat_tables(_ratings(kind, world, customers, closed, draw) for kind in RATED_SHARE)
    return tickets.filter(pa.array(within(world, opened))), ratings


def surveys_table(
    world: World,
    lives: Lives,
    customers: Customers,
    ratings: pa.Table,
    draw: np.random.Generator,
) -> pa.Table:
    """Return all surveys by time: the NPS ones of ``lives``, and the ``ratings`` of contacts.

    A missing score says that the customer was asked and gave no answer.
    """
    people, day, score = lives.asked
    second = day * DAY_SECONDS + draw.integers(8 * HOUR, 24 * HOUR, len(day))
    nps = _surveys("nps", customers.ids.take(pa.array(people)), moments(world, second), score)
    return pa.concat_tables([nps, ratings]).sort_by([("submitted_at", "ascending")])


def treatments_table(world: World, lives: Lives, customers: Customers, draw: np.random.Generator) -> pa.Table:
    """Return every customer's part in every campaign; what an offer costs is what sending it costs."""
    people, day, arm, randomised = lives.offers
    campaigns, number = np.unique(day, return_inverse=True)
    names = tuple(f"campaign-{position + 1:02d}" for position in range(len(campaigns)))
    costs = np.array([SENDING_COSTS.get(name, 0) for name in lives.arms])
    return pa.table(
        {
            "customer_id": customers.ids.take(pa.array(people)),
            "sent_at": moments(world, day * DAY_SECONDS + draw.integers(9 * HOUR, 11 * HOUR, len(day))),
            "campaign": pick(names, number),
            "arm": pick(lives.arms, arm),
            "cost": yen(costs[arm]),
            "randomised": pa.array(randomised),
        }
    )


def _ratings(
    kind: str, world: World, customers: Customers, closed: Closed, draw: np.random.Generator
) -> pa.Table:
    """Return the answers of some whose contact was closed; those who have left are asked too."""
    n = len(closed.people)
    good, bad = MEAN_RATINGS[kind]
    felt = np.where(closed.slow, bad, good) + draw.normal(0.0, 1.0, n)
    score = np.clip(np.rint(felt), 1, HIGHEST[kind]).astype(np.int64)
    score[draw.random(n) >= ANSWER_SHARE] = -1
    second = closed.resolved + HOUR
    asked = np.flatnonzero((draw.random(n) < RATED_SHARE[kind]) & within(world, second))
    ids = customers.ids.take(pa.array(closed.people[asked]))
    return _surveys(kind, ids, moments(world, second[asked]), score[asked])


def _surveys(kind: str, ids: pa.Array, times: pa.Array, score: Ints) -> pa.Table:
    return pa.table(
        {
            "customer_id": ids,
            "submitted_at": times,
            "kind": pa.array([kind] * len(ids), pa.string()),
            "score": pa.array(score, mask=score < 0),
        }
    )
