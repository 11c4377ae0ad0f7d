"""What a whole list adds up to: how many customers, and how much is at stake with them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from serving import tables
from serving.listing import AtRiskFilter, Sort, conditions
from serving.store import Store, key_of

__all__ = ["Total", "by_status", "total_at_risk"]


@dataclass(frozen=True)
class Total:
    """Customers, and the sum of their value at risk in the run's currency."""

    customers: int
    value_at_risk: float


def total_at_risk(store: Store, which: AtRiskFilter, sort: Sort, run_id: str) -> Total:
    """Return the total of the list that ``Store.at_risk`` walks with the same filter and sort."""
    score = tables.scores.c
    whole = select(func.count(), func.coalesce(func.sum(score.value_at_risk), 0.0)).where(
        score.run_key == key_of(run_id), score[sort.value].is_not(None), *conditions(which)
    )
    with store.database.read() as connection:
        customers, value = connection.execute(whole).one()
    return Total(int(customers), float(value))


def by_status(store: Store, run_id: str) -> dict[str, int]:
    """Return how many customers of a run have each score_status, the most common first."""
    score, many = tables.scores.c, func.count()
    counted = (
        select(score.score_status, many)
        .where(score.run_key == key_of(run_id))
        .group_by(score.score_status)
        .order_by(many.desc(), score.score_status)
    )
    with store.database.read() as connection:
        return {row.score_status: row[1] for row in connection.execute(counted)}
