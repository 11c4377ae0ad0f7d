"""Contacts with support: how many, how quickly answered and settled, what is still open, and their mix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import ibis

from features.behaviour.events import EventFamily, Known
from features.behaviour.latest import LARGEST, packed, seconds_between, unpacked
from features.behaviour.purchases import TREND_DAYS, trend

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["SUPPORT", "TICKET_WINDOW_DAYS"]

TICKET_WINDOW_DAYS = (28, 91, 364)
HOUR_SECONDS = 3600


def _sums(known: Known) -> ir.Table:
    """Return what a customer's contacts come to, as they stood at the moment.

    Answered is what has a first response, settled what is resolved; what was settled without an answer waits
    for none. Whether a contact was reopened is told once it is resolved.
    """
    tickets = _timed(known.events)
    unsettled = tickets.resolved_at.isnull()
    unanswered = unsettled & tickets.first_response_at.isnull()
    sums = tickets.group_by("as_of", "customer_id").aggregate(
        tickets=tickets.count(),
        tickets_182d=tickets.count(where=tickets.age_days < 2 * TREND_DAYS),
        **{f"tickets_{days}d": tickets.count(where=tickets.age_days < days) for days in TICKET_WINDOW_DAYS},
        days_since_last_ticket=tickets.age_days.min(),
        unanswered_tickets=tickets.count(where=unanswered),
        unanswered_days=tickets.age_days.max(where=unanswered),
        unresolved_tickets=tickets.count(where=unsettled),
        reopened_tickets=tickets.count(where=tickets.reopened),
        reopened_of=tickets.reopened.count(),
        support_topics=tickets.topic.nunique(),
        **dict(_durations(tickets, "first_response")),
        **dict(_durations(tickets, "resolution")),
    )
    mixed = sums.left_join(_channel_mix(tickets), ("as_of", "customer_id"))
    return mixed.drop("as_of_right", "customer_id_right")


def _timed(tickets: ir.Table) -> ir.Table:
    """Add how many seconds the first response and the resolution took; none at all where clocks went back."""
    ends = {"first_response": tickets.first_response_at, "resolution": tickets.resolved_at}
    return tickets.mutate(
        **{
            f"{name}_seconds": seconds_between(tickets.opened_at, end).clip(0, LARGEST)
            for name, end in ends.items()
        }
    )


def _durations(tickets: ir.Table, name: str) -> Iterator[tuple[str, ir.Value]]:
    seconds = tickets[f"{name}_seconds"]
    yield f"{name}_count", seconds.count()
    yield f"{name}_seconds", seconds.sum()
    yield f"{name}_median", seconds.median()
    yield f"{name}_latest", packed(tickets.opened_at, seconds).max()


def _channel_mix(tickets: ir.Table) -> ir.Table:
    named = tickets.filter(tickets.channel.notnull())
    channels = named.group_by("as_of", "customer_id", "channel").aggregate(contacts=named.count())
    return channels.group_by("as_of", "customer_id").aggregate(
        support_channels=channels.count(),
        contacts_in_main=channels.contacts.max(),
        contacts_in_any=channels.contacts.sum(),
    )


def _ratios(panel: ir.Table) -> Mapping[str, ir.Value]:
    both_lived = panel.days_since_first_order >= 2 * TREND_DAYS
    measured = {
        f"{how}_{name}_hours": seconds.cast("float64") / HOUR_SECONDS
        for name in ("first_response", "resolution")
        for how, seconds in (
            ("mean", panel[f"{name}_seconds"].cast("float64") / panel[f"{name}_count"].nullif(0)),
            ("median", panel[f"{name}_median"]),
            ("last", unpacked(panel[f"{name}_latest"])),
        )
    }
    return {
        "tickets_trend": both_lived.ifelse(
            trend(panel.tickets_91d, panel.tickets_182d.fill_null(0)), ibis.null("float64")
        ),
        "tickets_per_order": panel.tickets.cast("float64") / panel.orders,
        "reopened_share": panel.reopened_tickets.cast("float64") / panel.reopened_of.nullif(0),
        "main_support_channel_share": panel.contacts_in_main.cast("float64") / panel.contacts_in_any,
        **measured,
    }


SUPPORT = EventFamily("interactions", _sums, _ratios)
