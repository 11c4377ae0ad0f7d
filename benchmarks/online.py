"""One customer's features while somebody waits: the plans of `features.online`, asked again and again.

    python -m benchmarks.online --events 200 --asked 200

The customer has so many lines in three years, bought from a made-up shop. The last line is JSON: the median
and the 99th percentile of a call in milliseconds, and the CPU time of one.
"""

from __future__ import annotations

import argparse
import json
import sys
from time import perf_counter, process_time

import ibis
import numpy as np

from benchmarks.shop import LAST_DAY, made_up, tables_on
from features.online import OnlineBehaviour
from features.reference import reference_at


def main(arguments: list[str] | None = None) -> int:
    """Make a small shop, take the customer nearest to so many events, and ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--asked", type=int, default=200)
    asked = parser.parse_args(arguments)

    connection = ibis.duckdb.connect()
    connection.con.execute("SET enable_progress_bar = false")
    lines, shop = made_up(100_000, 2_000)
    connection.con.execute(f"CREATE TABLE transactions AS WITH lines AS ({lines}) {shop}")
    tables = tables_on(connection, "transactions")
    counts = tables.transactions.group_by("customer_id").aggregate(lines=ibis._.count())
    nearest = counts.order_by((counts.lines - asked.events).abs(), "customer_id").limit(1)
    rows = {"transactions": tables.transactions.semi_join(nearest, "customer_id").to_pyarrow()}
    reference = reference_at(tables, LAST_DAY)
    online = OnlineBehaviour.like(tables)
    online.at(LAST_DAY, reference, rows)

    took, worked = [], []
    for _ in range(asked.asked):
        began, busy = perf_counter(), process_time()
        online.at(LAST_DAY, reference, rows)
        took.append(perf_counter() - began)
        worked.append(process_time() - busy)
    measured = {
        "events": rows["transactions"].num_rows,
        "p50_ms": round(1e3 * float(np.quantile(took, 0.5)), 1),
        "p99_ms": round(1e3 * float(np.quantile(took, 0.99)), 1),
        "cpu_ms": round(1e3 * float(np.median(worked)), 1),
    }
    print(json.dumps(measured))
    return 0


if __name__ == "__main__":
    sys.exit(main())
