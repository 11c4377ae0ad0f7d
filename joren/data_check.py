"""What is to be said of the data before anything is learned from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from features.behaviour.past import count_cancelled_orders
from features.catalogue import CATALOGUE, Feature
from features.contract import CONTRACT
from features.tables import ReadReport, Tables

__all__ = ["DataCheck", "TableCheck", "check_data", "told_of_cancellations"]

SHOWN_ROWS = 5


@dataclass(frozen=True)
class TableCheck:
    """How one table met the contract; ``refused`` holds its first five bad rows (row, reason, column)."""

    report: ReadReport
    refused: tuple[Mapping[str, Any], ...]

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
            "columns": dict(report.columns),
            "absent_columns": self.absent_columns,
            "attributes": dict(report.attributes),
            "notes": list(report.notes),
        }


@dataclass(frozen=True)
class DataCheck:
    """How the data met the contract, table by table, and which features follow.

    ``unavailable`` maps what the data lacks to the features that need it.
    """

    tables: Mapping[str, TableCheck]
    zone: str
    currency: str
    features: tuple[Feature, ...]
    unavailable: Mapping[str, tuple[Feature, ...]]

    @property
    def families(self) -> Mapping[str, int]:
        """How many features come of each family."""
        return Counter(feature.family for feature in self.features)

    @property
    def absent_tables(self) -> list[str]:
        """The tables of the contract that the data does not have."""
        return [name for name in CONTRACT if name not in self.tables]

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON's own types; what stands beside ``tables`` is of the transactions."""
        tables = {name: table.to_json() for name, table in self.tables.items()}
        return {
            **tables["transactions"],
            "zone": self.zone,
            "currency": self.currency,
            "tables": tables,
            "absent_tables": self.absent_tables,
            "families": dict(self.families),
            "features": [feature.name for feature in self.features],
            "unavailable_features": {
                need: [feature.name for feature in features] for need, features in self.unavailable.items()
            },
        }


def check_data(tables: Tables) -> DataCheck:
    """Look at the tables as they were read."""
    there = tables.there
    needs = {need for feature in CATALOGUE for need in feature.needs}
    lacking = {
        need: tuple(feature for feature in CATALOGUE if need in feature.needs)
        for need in sorted(needs - there)
        if need.partition(".")[0] in there or "." not in need
    }
    read = tables.reports["transactions"]
    reports = {
        **tables.reports,
        "transactions": replace(read, notes=(*read.notes, *told_of_cancellations(tables))),
    }
    return DataCheck(
        tables={name: TableCheck(report, _first_refused(tables, name)) for name, report in reports.items()},
        zone=tables.zone,
        currency=tables.currency,
        features=tuple(feature for feature in CATALOGUE if there.issuperset(feature.needs)),
        unavailable=lacking,
    )


def told_of_cancellations(tables: Tables) -> Iterator[str]:
    """Say how many orders were entered and cancelled in full, if any were."""
    if cancelled := count_cancelled_orders(tables):
        orders = "1 order was" if cancelled == 1 else f"{cancelled:,} orders were"
        yield f"{orders} entered and cancelled in full: no purchase ([data.rules] cancelled_orders)"


def _first_refused(tables: Tables, name: str) -> tuple[Mapping[str, Any], ...]:
    rows = tables.quarantine.filter(tables.quarantine.table == name).order_by("source_row")
    return tuple(rows.select("source_row", "reason", "detail").limit(SHOWN_ROWS).to_pyarrow().to_pylist())
