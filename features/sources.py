"""From a user's files to the tables of the contract: open, read, and hold them together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import ibis
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from features.billing import billed, report_of_bills, subscriptions_end
from features.columnar import frame_of
from features.contract import CONTRACT
from features.currency import UNKNOWN, checked_rates
from features.errors import DataError, NothingUsableError
from features.opening import Opened, open_source
from features.quarantine import QUARANTINE
from features.reading import Terms, read_table
from features.report import stop_without_purchase
from features.tables import DataConfig, ReadReport, Rules, Source, Tables
from features.times import checked_zone
from features.warehouse import tables_in
from features.warehouse_session import open_warehouse

__all__ = ["read_alone", "read_tables", "tables_from_frame"]

TRANSACTIONS = CONTRACT["transactions"]


def read_tables(config: DataConfig) -> Tables:
    """Read what ``config`` names and hold it to the contract.

    Rows that break the contract go to the quarantine. Raises a `DataError` where there is no such file or
    table, where it cannot be read, where columns are missing, where too many rows are refused, or where no
    purchase is left.
    """
    under_contract(config)
    if unknown := sorted(config.sources.keys() - CONTRACT.keys()):
        raise DataError(
            f"There is no table {unknown[0]} in the contract.", mend=f"It has {', '.join(CONTRACT)}."
        )
    if config.engine.kind != "duckdb":
        return tables_in(open_warehouse(config))
    return _read(
        {
            name: open_source(config.sources[name], contract)
            for name, contract in CONTRACT.items()
            if name in config.sources
        },
        config,
    )


def read_alone(name: str, config: DataConfig) -> tuple[ibis.Table, ReadReport]:
    """Return the accepted rows of the one table that ``name`` says, without the others, and the report on it.

    For what needs no transactions. Raises as `read_tables`.
    """
    contract, source = CONTRACT[name], config.sources[name]
    opened = open_source(source, contract)
    rows, report, _ = read_table(_connect(), contract, opened, source, _terms(config))
    return rows, report


def tables_from_frame(
    frame: pd.DataFrame | pa.Table | None,
    *,
    columns: Mapping[str, str] | None = None,
    zone: str | None = None,
    currency: str | None = None,
    refused_share_limit: float = 0.10,
    others: Mapping[str, pd.DataFrame | pa.Table] | None = None,
    rules: Rules | None = None,
    rates: Mapping[str, Decimal] | None = None,
    contract: bool | None = None,
) -> Tables:
    """Hold tables in memory to the contract, as `read_tables` does with files.

    ``frame`` holds the transactions, None where there are none; ``others`` the optional tables by name, in
    the contract's own columns.
    """
    frames = {**({} if frame is None else {TRANSACTIONS.name: frame}), **(others or {})}
    sources = {name: Source(f"the frame of {name}") for name in frames}
    if frame is not None:
        sources[TRANSACTIONS.name] = Source("the frame", columns or {})
    rules = rules or Rules()
    config = DataConfig(sources, zone, currency, refused_share_limit, rules, rates or {}, contract=contract)
    return _read({name: frame_of(frames[name]) for name in CONTRACT if name in frames}, config)


def _read(opened: Mapping[str, Opened], config: DataConfig) -> Tables:
    connection, terms = _connect(), _terms(config)
    accepted: dict[str, ibis.Table] = {}
    reports: dict[str, ReadReport] = {}
    for name, source in opened.items():
        accepted[name], reports[name], currency = read_table(
            connection, CONTRACT[name], source, config.sources[name], terms
        )
        terms = replace(terms, currency=currency)
    contract = under_contract(config)
    ends = subscriptions_end(accepted["subscriptions"]) if contract else None
    billed_here = TRANSACTIONS.name not in accepted
    if billed_here:
        accepted[TRANSACTIONS.name], reports[TRANSACTIONS.name] = _bills(
            connection, accepted["subscriptions"], reports["subscriptions"], ends
        )
    transactions, report = accepted.pop(TRANSACTIONS.name), reports[TRANSACTIONS.name]
    stop_without_purchase(connection, transactions, report)
    reports[TRANSACTIONS.name] = replace(report, notes=(*report.notes, *_notes(config, terms.currency)))
    return Tables(
        connection,
        transactions,
        connection.table("quarantine"),
        reports,
        terms.zone,
        terms.currency or UNKNOWN,
        has_margin="margin" in report.columns,
        optional=accepted,
        rules=config.rules,
        rates=config.rates,
        contract=contract,
        billed=billed_here,
        ends=ends,
    )


def under_contract(config: DataConfig) -> bool:
    """Return whether to leave is to end a subscription: as ``config`` says, or where there is nothing else.

    Raises a `DataError` where neither transactions nor subscriptions are named, or a contract is without
    these.
    """
    transactions, subscriptions = (name in config.sources for name in (TRANSACTIONS.name, "subscriptions"))
    if not (transactions or subscriptions):
        raise DataError(
            "No transactions are named, and no subscriptions.",
            mend="Give the file of the transactions: --transactions FILE, or in joren.toml.",
        )
    if config.contract and not subscriptions:
        raise DataError(
            "The business has contracts, but no subscriptions are named.",
            mend="Name their file under [tables.subscriptions], or leave out [business] contract.",
        )
    if config.contract is False and not transactions:
        raise DataError(
            "No transactions are named, and without a contract there is nothing else to tell who leaves.",
            mend="Name their file under [tables.transactions], or leave out [business] contract.",
        )
    return not transactions if config.contract is None else config.contract


def _bills(
    connection: Backend, subscriptions: ibis.Table, report: ReadReport, ends: date | None
) -> tuple[ibis.Table, ReadReport]:
    """Keep the subscriptions' own bills in the place of transactions, and report on them."""
    if ends is None:
        raise NothingUsableError(
            f"{report.location} holds no subscription.", mend="It needs one row for each subscription begun."
        )
    bills = connection.create_table(TRANSACTIONS.name, billed(subscriptions, ends))
    return bills, report_of_bills(bills, report, ends)


def _terms(config: DataConfig) -> Terms:
    return Terms(
        checked_zone(config.zone),
        config.currency,
        config.refused_share_limit,
        config.rules,
        checked_rates(config.rates, config.currency),
    )


def _connect() -> Backend:
    """Open a database in memory that installs nothing, prints nothing, and spills where that belongs.

    It holds an empty quarantine.
    """
    spill = Path(tempfile.gettempdir()) / f"joren-{uuid4().hex}"  # made by DuckDB if need be, and removed
    connection = ibis.duckdb.connect(autoinstall_known_extensions=False, temp_directory=str(spill))
    connection.con.execute("SET enable_progress_bar = false")
    connection.create_table("quarantine", schema=QUARANTINE)
    return connection


def _notes(config: DataConfig, currency: str | None) -> Iterator[str]:
    if config.zone is None:
        yield "no time zone is given: UTC is taken for the business's, and for times without an offset"
    if currency == UNKNOWN:
        yield f"no currency is given: amounts are in {UNKNOWN}"
