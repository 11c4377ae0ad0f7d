"""A labelled table of subscribers, without a date: from tenures and labels to starts and ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ibis

from features.conform import flag
from features.errors import MissingColumnError

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.tables import Labelled

__all__ = ["DATED", "labelled_positions", "told_of_labels", "with_dates"]

DATED = ("started_at", "ended_at")
"""The columns of the contract that follow from a labelled table."""
TENURE, CHURNED = "tenure_months", "churned"


def labelled_positions(labelled: Labelled, found: Sequence[str], location: str) -> dict[str, int]:
    """Return where ``found`` has the tenure and the label; raises `MissingColumnError` where it has not."""
    names = {TENURE: labelled.tenure_months, CHURNED: labelled.churned}
    missing = [name for name in names.values() if name not in found]
    if missing:
        raise MissingColumnError(
            f"{location} has no column {', '.join(map(repr, missing))}.",
            which=[f"columns there: {', '.join(map(repr, found))}"],
            mend="Say which they are, under [tables.subscriptions.labelled] in joren.toml.",
        )
    return {name: found.index(user) for name, user in names.items()}


def with_dates(texts: ir.Table, labelled: Labelled) -> ir.Table:
    """Return ``texts`` with `DATED` for the tenure and the label: a start is so many months ago.

    Who left did so on the day ``taken_on``. Where a tenure is no number of months or a label neither yes nor
    no, there is no start, and the row will be refused for it.
    """
    months = texts[TENURE].try_cast("float64").round().cast("int64")
    left = flag(texts[CHURNED])
    day = ibis.literal(labelled.taken_on)
    started = (left.notnull() & (months >= 0)).ifelse(day - months.as_interval("M"), None)
    dates = texts.mutate(
        started_at=started.cast("date").cast("string"),
        ended_at=left.ifelse(ibis.literal(labelled.taken_on.isoformat()), ibis.null("string")),
    )
    return dates.drop(TENURE, CHURNED)


def told_of_labels(labelled: Labelled) -> str:
    """Return what is to be known of subscriptions that were read so."""
    return (
        f"a labelled table, taken to be of {labelled.taken_on}: started so many months before as "
        f"{labelled.tenure_months!r} says, ended on that day where {labelled.churned!r} says so"
    )
