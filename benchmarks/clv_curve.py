"""How a fit grows: with the calendar's distinct triples, more than with the customers.

    python -m benchmarks.clv_curve --model bgnbd --most 10000000

Each size is fitted in a process of its own, so that peak memory is that size's (the three columns within).
The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from time import perf_counter

from benchmarks.customers import MODELS, simulated_year


def one(name: str, customers: int) -> dict[str, float]:
    """Fit one size here; return the seconds, the distinct triples and the peak memory of this process."""
    truth = MODELS[name]
    columns = simulated_year(truth, customers, seed=0)
    start = perf_counter()
    model = type(truth).fit(*columns)
    took = perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    distinct = model.estimation.distinct if model.estimation else 0
    return {"customers": customers, "distinct": distinct, "joren_s": took, "peak_gib": peak}


def main(arguments: list[str] | None = None) -> int:
    """Fit 10^4 … ``--most`` customers; print one line each, and all of them as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=sorted(MODELS), default="bgnbd")
    parser.add_argument("--most", type=int, default=10_000_000)
    parser.add_argument("--one", type=int, help="fit this number only, in this process")
    asked = parser.parse_args(arguments)
    if asked.one:
        print(json.dumps(one(asked.model, asked.one)))
        return 0
    told = []
    customers = 10_000
    while customers <= asked.most:
        command = [
            sys.executable,
            "-m",
            "benchmarks.clv_curve",
            "--model",
            asked.model,
            "--one",
            str(customers),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own module
        told.append(json.loads(done.stdout.splitlines()[-1]))
        print(told[-1], flush=True)
        customers *= 10
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
