"""What a run publishes beside its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from features.attributes import customer_attributes
from features.cx import experience
from features.tables import Tables
from serving.background import Background, Document

__all__ = ["ALWAYS", "background_of"]

ALWAYS = ("country", "acquisition_channel")
"""The contract's own attributes, which lists can be filtered by without being asked for."""


def background_of(tables: Tables, as_of: date, attributes: Sequence[str]) -> Background:
    """Return the customers' ``attributes``, their experience in figures, and the refused rows by reason."""
    refused: Counter[str] = Counter()
    for report in tables.reports.values():
        refused.update(report.refused_by_reason)
    return Background(
        attributes=customer_attributes(tables, as_of, [*ALWAYS, *attributes]),
        documents={
            Document.EXPERIENCE: experience(tables, as_of).to_json(),
            Document.REFUSED_ROWS: dict(sorted(refused.items())),
        },
    )
