"""Offers: what was sent, what it cost, how much was kept back as a control, and what was answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from features.behaviour.events import EventFamily, Known

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["ANSWER_DAYS", "CAMPAIGNS", "OFFER_WINDOW_DAYS"]

OFFER_WINDOW_DAYS = 91
ANSWER_DAYS = 14
"""An offer is answered by an order on one of so many days after the day it was sent. An order of that day
itself may have come before it."""
CONTROL = "control"


def _sums(known: Known) -> ir.Table:
    """Return what a customer was sent; the control arm is sent nothing and counts as no offer."""
    treated = known.events
    offered = treated.arm.lower() != CONTROL
    sums = treated.group_by("as_of", "customer_id").aggregate(
        treatments=treated.count(),
        offers=treated.count(where=offered),
        **{
            f"offers_{OFFER_WINDOW_DAYS}d": treated.count(
                where=offered & (treated.age_days < OFFER_WINDOW_DAYS)
            )
        },
        campaigns=treated.campaign.nunique(where=offered),
        days_since_last_offer=treated.age_days.min(where=offered),
        offer_cost=treated.cost.sum(where=offered),
        answerable_offers=treated.count(where=offered & (treated.age_days >= ANSWER_DAYS)),
    )
    joined = sums.left_join(_answered(treated.filter(offered), known.history), ("as_of", "customer_id"))
    return joined.drop("as_of_right", "customer_id_right")


def _answered(offers: ir.Table, history: ir.Table) -> ir.Table:
    """Count the offers that were answered, among those whose days for an answer are over.

    To count the younger ones too as soon as they are answered would favour whoever was sent some lately.
    """
    ripe = offers.filter(offers.age_days >= ANSWER_DAYS)
    sent = ripe.group_by("as_of", "customer_id", "sent_day").aggregate(offers=ripe.count())
    orders = history.filter(history.purchase).select("as_of", "customer_id", "day")
    beside = sent.join(orders, ["as_of", "customer_id"])
    in_time = beside.day.delta(beside.sent_day, unit="day").between(1, ANSWER_DAYS)
    answered = beside.filter(in_time).select("as_of", "customer_id", "sent_day", "offers").distinct()
    return answered.group_by("as_of", "customer_id").aggregate(answered_offers=answered.offers.sum())


def _ratios(panel: ir.Table) -> Mapping[str, ir.Value]:
    answered = panel.answered_offers.fill_null(0).cast("float64")
    return {
        "control_share": (panel.treatments - panel.offers).cast("float64") / panel.treatments,
        "answered_offer_share": answered / panel.answerable_offers.nullif(0),
    }


CAMPAIGNS = EventFamily("treatments", _sums, _ratios)
