"""What is to be said of the data before anything is learned from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features.catalogue import CATALOGUE, Feature
from features.contract import CONTRACT
from features.tables import ReadReport, Tables

__all__ = ["DataCheck", "check_data"]

SHOWN_ROWS = 5


@dataclass(frozen=True)
class DataCheck:
    """How the data met the contract, and which features follow.

    ``refused`` holds the first five rows of the quarantine (row, reason, column). ``unavailable`` maps what
    the data lacks to the features that need it.
    """

    report: ReadReport
    zone: str
    currency: str
    refused: tuple[Mapping[str, Any], ...]
    features: tuple[Feature, ...]
    unavailable: Mapping[str, tuple[Feature, ...]]

    @property
    def absent_columns(self) -> list[str]:
        """The columns of the contract that the data does not have."""
        return [
            one.name for one in CONTRACT[self.report.table].columns if one.name not in self.report.columns
        ]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON's own types; no value of any customer is in it."""
        report = self.report
        return {
            "file": report.location,
            "rows": {"read": report.read, "accepted": report.accepted, "refused": report.refused},
            "repeated": report.repeated,
            "refused_by_reason": dict(report.refused_by_reason),
            "first_refused": list(self.refused),
            "first_day": report.first_day and report.first_day.isoformat(),
            "last_day": report.last_day and report.last_day.isoformat(),
            "zone": self.zone,
            "currency": self.currency,
            "columns": dict(report.columns),
            "absent_columns": self.absent_columns,
            "features": [feature.name for feature in self.features],
            "unavailable_features": {
                need: [feature.name for feature in features] for need, features in self.unavailable.items()
            },
            "notes": list(report.notes),
        }


def check_data(tables: Tables) -> DataCheck:
    """Look at the tables as they were read."""
    report = tables.reports["transactions"]
    there = tables.there
    first = tables.quarantine.order_by("source_row").select("source_row", "reason", "detail")
    lacking = {
        need: tuple(feature for feature in CATALOGUE if need in feature.needs)
        for need in sorted({need for feature in CATALOGUE for need in feature.needs} - there)
    }
    return DataCheck(
        report=report,
        zone=tables.zone,
        currency=tables.currency,
        refused=tuple(first.limit(SHOWN_ROWS).to_pyarrow().to_pylist()),
        features=tuple(feature for feature in CATALOGUE if there.issuperset(feature.needs)),
        unavailable=lacking,
    )
