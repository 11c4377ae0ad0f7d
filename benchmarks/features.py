"""All features from the transactions at one moment, against lifetimes' four columns; and a panel of moments.

    python -m benchmarks.features --transactions 5000000 --customers 120000

The transactions are made up in memory, typed as the reader leaves them: reading is not timed. What is timed
begins with them and ends with the table in Arrow; the reference is within. Beside them stands the floor: what
DuckDB alone takes to gather these lines by customer and day, product, category and channel, once each, with a
count and a sum, which is where all these features begin. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from statistics import mean, median
from time import perf_counter

import ibis
import pandas as pd
from lifetimes.utils import summary_data_from_transaction_data

from benchmarks.shop import LAST_DAY, made_up, tables_on
from features.catalogue import CATALOGUE
from features.reference import references_at
from features.table import behaviour_panel
from features.tables import Tables

FAMILIES = ("purchases", "rhythm", "basket", "returns", "season")
GATHERED = ("day", "product_id", "category", "channel")


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` took."""
    start = perf_counter()
    work()
    return perf_counter() - start


def features_at(tables: Tables, moments: list[date]) -> int:
    """Build the features of ``moments`` from nothing but the transactions; return the rows."""
    forget(tables)
    return int(behaviour_panel(tables, references_at(tables, moments)).num_rows)


def forget(tables: Tables) -> None:
    """Drop what an earlier call has kept on the connection."""
    raw = tables.connection.con
    for (name,) in raw.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall():
        raw.execute(f'DROP TABLE "{name}"')


def gather(tables: Tables) -> None:
    """Group the lines by customer and each of `GATHERED`, in DuckDB's own SQL, and count the groups."""
    raw = tables.connection.con
    for kind in GATHERED:
        groups = f"SELECT customer_id, {kind}, count(*) AS lines, sum(amount) FROM transactions GROUP BY ALL"
        raw.execute(f"SELECT count(*), max(lines) FROM ({groups})").fetchall()


def main(arguments: list[str] | None = None) -> int:
    """Time both in turns, then the panel and its single moments."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--transactions", type=int, default=5_000_000)
    parser.add_argument("--customers", type=int, default=120_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--moments", type=int, default=12, help="of the panel")
    asked = parser.parse_args(arguments)

    connection = ibis.duckdb.connect()
    connection.con.execute("SET enable_progress_bar = false")
    lines, shop = made_up(asked.transactions, asked.customers)
    connection.con.execute(f"CREATE TABLE transactions AS WITH lines AS ({lines}) {shop} ORDER BY timestamp")
    tables = tables_on(connection, "transactions")
    frame = tables.transactions.select(
        "customer_id", "timestamp", amount=tables.transactions.amount.cast("float64")
    ).to_pandas()
    print(f"{len(frame):,} transactions of {frame['customer_id'].nunique():,} customers", flush=True)

    theirs = lambda: summary_data_from_transaction_data(  # noqa: E731
        frame, "customer_id", "timestamp", "amount", observation_period_end=pd.Timestamp(LAST_DAY)
    )
    ours_s, theirs_s, floor_s = [], [], []
    for _ in range(asked.rounds):
        ours_s.append(seconds(lambda: features_at(tables, [LAST_DAY])))
        theirs_s.append(seconds(theirs))
        floor_s.append(seconds(lambda: gather(tables)))
        print(
            f"Joren {ours_s[-1]:.2f} s, lifetimes {theirs_s[-1]:.2f} s, floor {floor_s[-1]:.2f} s", flush=True
        )

    moments = [LAST_DAY - timedelta(days=28 * months) for months in range(asked.moments)]
    panel_s = seconds(lambda: features_at(tables, moments))
    singles_s = [seconds(lambda one=moment: features_at(tables, [one])) for moment in moments[::3]]
    told = {
        "transactions": len(frame),
        "features": sum(feature.family in FAMILIES for feature in CATALOGUE),
        "joren_s": median(ours_s),
        "lifetimes_s": median(theirs_s),
        "ratio": median(theirs_s) / median(ours_s),
        "floor_s": median(floor_s),
        "ratio_of_floor": median(theirs_s) / median(floor_s),
        "moments": asked.moments,
        "panel_s": panel_s,
        "panel_in_single_moments": panel_s / mean(singles_s),
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
