"""What became of the rows that were read, and when that is too little to go on with."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import ibis

from features.contract import TableContract, day_of
from features.engine import asked
from features.errors import SHOWN, NothingUsableError, TooManyRefusedError
from features.quarantine import MENDS
from features.tables import ReadReport

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.backends.duckdb import Backend

__all__ = ["report_of", "stop_if_refused", "stop_without_purchase"]

_LIKE_MISSING = ("NULL", "null", "None", "nan", "NaN")


def report_of(
    connection: Backend,
    accepted: ibis.Table,
    contract: TableContract,
    *,
    location: str,
    columns: Mapping[str, str],
    attributes: Mapping[str, str],
    notes: Sequence[str],
) -> ReadReport:
    """Count the rows of one table ``accepted`` and refused; what was found is put beside."""
    refused = connection.con.execute(_REFUSED, [contract.name]).fetchall()
    refused_by_reason = dict(refused)
    (found,) = asked(connection, _facts, {"accepted": accepted}, day=day_of(contract.time))
    if found["nameless"]:
        notes = [*notes, f"{found['nameless']:,} rows have a customer_id like 'NULL': it is taken as a name"]
    return ReadReport(
        table=contract.name,
        location=location,
        read=found["rows"] + sum(refused_by_reason.values()),
        accepted=found["rows"],
        refused_by_reason=refused_by_reason,
        repeated=found["rows"] - found["different"],
        first_day=found["first_day"],
        last_day=found["last_day"],
        columns=columns,
        notes=tuple(notes),
        attributes=attributes,
    )


_REFUSED = (
    'SELECT reason, count(*) FROM quarantine WHERE "table" = ? GROUP BY reason ORDER BY count(*) DESC, reason'
)


def _facts(accepted: ibis.Table, day: str) -> ibis.Table:
    line = ibis.struct({name: accepted[name] for name in accepted.columns if name != "source_row"})
    return accepted.aggregate(
        rows=accepted.count(),
        different=line.hash().nunique(),
        first_day=accepted[day].min(),
        last_day=accepted[day].max(),
        nameless=accepted.customer_id.isin(_LIKE_MISSING).sum().fill_null(0),
    )


def stop_if_refused(quarantine: ibis.Table, report: ReadReport, refused_share_limit: float) -> None:
    """Raise `TooManyRefusedError` where more than the share ``refused_share_limit`` is refused."""
    if report.refused > refused_share_limit * report.read:
        raise _too_many_refused(quarantine, report, refused_share_limit)


def stop_without_purchase(connection: BaseBackend, accepted: ibis.Table, report: ReadReport) -> None:
    """Raise `NothingUsableError` where none of the transactions ``accepted`` is a purchase."""
    if report.read == 0:
        raise NothingUsableError(
            f"{report.location} has no rows.", mend="It needs one row for each line bought."
        )
    if not asked(connection, _a_purchase, {"accepted": accepted}):
        left = (
            f"its {report.accepted:,} accepted rows are all refunds" if report.accepted else "no row is left"
        )
        raise NothingUsableError(
            f"{report.location} holds no purchase: {left}.",
            mend="A purchase is a row with an amount of 0 or more that is no return; check the signs.",
        )


def _a_purchase(accepted: ibis.Table) -> ibis.Table:
    return accepted.filter((accepted.amount >= 0) & ~accepted.is_return).select("customer_id").limit(1)


def _too_many_refused(quarantine: ibis.Table, report: ReadReport, limit: float) -> TooManyRefusedError:
    worst = next(iter(report.refused_by_reason))
    first = quarantine.filter(quarantine.reason == worst).order_by("source_row").limit(SHOWN)
    mend = next(mend for fault, mend in MENDS.items() if worst.startswith(fault))
    return TooManyRefusedError(
        f"{report.location}: {report.refused:,} of {report.read:,} rows are refused, more than {limit:.0%}; "
        f"{report.refused_by_reason[worst]:,} of them for {worst}.",
        which=[_shown(row) for row in first.to_pyarrow().to_pylist()],
        mend=mend,
    )


def _shown(row: Mapping[str, str]) -> str:
    values = json.loads(row["row"])
    column = row["detail"]
    told = f"{column} = {values[column]!r}" if column in values else f"{column}: {values['line']!r}"
    return textwrap.shorten(f"row {row['source_row']}: {told}", 100, placeholder=" …")
