"""A million customers scored: P(alive), expected purchases, and value over a year with an 80 % interval.

    python -m benchmarks.clv_score --customers 1000000

Customers are simulated over a year, by the day, with spends from CDNOW's Gamma-Gamma. The last line is
JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from time import perf_counter

import numpy as np

from benchmarks.customers import MODELS, SPEND, simulated_year
from training.models.customer_value import customer_value


def main(arguments: list[str] | None = None) -> int:
    """Score once, and print how long each part took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=sorted(MODELS), default="bgnbd")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)

    model, rng = MODELS[asked.model], np.random.default_rng(asked.seed + 1)
    seen = simulated_year(model, asked.customers, asked.seed)
    orders = seen.x + 1
    mean = rng.gamma(SPEND.p * orders) / rng.gamma(SPEND.q, 1 / SPEND.v, orders.size) / orders

    marks = [perf_counter()]
    model.probability_alive(*seen)
    marks.append(perf_counter())
    model.expected_purchases(91, *seen)
    marks.append(perf_counter())
    value = customer_value(model, SPEND, seen, orders, mean, horizon_days=365, annual_rate=0.1)
    marks.append(perf_counter())
    alive_s, expected_s, value_s = np.diff(marks).tolist()
    told = {
        "customers": asked.customers,
        "alive_s": alive_s,
        "expected_s": expected_s,
        "value_s": value_s,
        "total_s": marks[-1] - marks[0],
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }
    print(f"value over a year {value.expected.sum():.0f}, at least {value.low.sum():.0f} one by one")
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
