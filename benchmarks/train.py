"""Training without tuning, scoring, and reasons, on a made-up shop of any size.

    python -m benchmarks.train --customers 1000000

The transactions (eight lines a customer unless told) are made up in memory, typed as the reader leaves them:
making and reading them is not timed, ``data_gib`` is the peak of the process by then. ``score_s`` is all
columns of everybody but the reasons, ``behaviour_s`` of it the behaviour table; ``reasons_s`` the reasons of
the ``--reasons`` most at risk. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import TypeVar

import ibis

from benchmarks.shop import LAST_DAY, made_up, tables_on
from training.config import TrainingConfig
from training.fit import fit
from training.policy import Policy

Result = TypeVar("Result")

LINES_PER_CUSTOMER = 8


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return how many seconds the work took, and what came of it."""
    start = perf_counter()
    done = work()
    return perf_counter() - start, done


def peak_gib() -> float:
    """Return the most memory that the process has held, in GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(arguments: list[str] | None = None) -> int:
    """Time the three in turn."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--transactions", type=int, help="lines; eight times the customers unless told")
    parser.add_argument("--moments", type=int, default=6)
    parser.add_argument("--horizon-days", type=int, default=91)
    parser.add_argument("--reasons", type=int, default=10_000)
    asked = parser.parse_args(arguments)

    connection = ibis.duckdb.connect()
    connection.con.execute("SET enable_progress_bar = false")
    transactions = asked.transactions or LINES_PER_CUSTOMER * asked.customers
    lines, shop = made_up(transactions, asked.customers, everybody=True)
    connection.con.execute(f"CREATE TABLE transactions AS WITH lines AS ({lines}) {shop} ORDER BY timestamp")
    tables, data_gib = tables_on(connection, "transactions"), peak_gib()
    config = TrainingConfig(asked.horizon_days, max_moments=asked.moments)
    before_s = process_time()
    train_s, bundle = timed(lambda: fit(tables, LAST_DAY, config, Policy()))
    train_cpu_s = process_time() - before_s
    told = bundle.metadata
    rows = f"{told.panel_rows:,} rows of {len(told.moments)} moments, {told.fitted_rows:,} fitted"
    print(f"{told.method}: {rows}")
    print(*(f"- {note}" for note in told.notes), sep="\n")
    before_s = process_time()
    behaviour_s, behaviour = timed(lambda: bundle.behaviour(tables, LAST_DAY))
    score_s, scores = timed(lambda: bundle.score_table(behaviour, LAST_DAY, data_ends=LAST_DAY))
    score_cpu_s = process_time() - before_s
    riskiest = scores["churn_probability"].nlargest(asked.reasons).index
    reasons_s, _ = timed(lambda: bundle.reasons(behaviour.loc[riskiest]))
    figures = {
        "customers": len(scores),
        "moments": len(told.moments),
        "panel_rows": told.panel_rows,
        "fitted_rows": told.fitted_rows,
        "train_s": train_s,
        "train_cpu_s": train_cpu_s,
        "behaviour_s": behaviour_s,
        "score_s": behaviour_s + score_s,
        "score_cpu_s": score_cpu_s,
        "reasons": len(riskiest),
        "reasons_s": reasons_s,
        "data_gib": data_gib,
        "peak_gib": peak_gib(),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
