"""Joren's fit of a purchase model against lifetimes', side by side, from the same three columns.

    python -m benchmarks.clv_fit --model bgnbd --customers 1000000

Customers are simulated over a year, by the day. Each engine fits five times, in turns; the medians count.
Both fits' log-likelihoods are computed by one function; ``log_likelihood_gap`` is (Joren's - lifetimes') /
|lifetimes'|. The last line is JSON. Exit code 3 where Joren's likelihood is the worse one by more than
1e-6.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Callable
from time import perf_counter

import numpy as np

from benchmarks.customers import MODELS, simulated_year
from training.models.lifetimes_bridge import contained, from_lifetimes, new_fitter
from training.models.purchases import PurchaseModel

WORST_GAP = -1e-6


def timed(work: Callable[[], PurchaseModel]) -> tuple[float, PurchaseModel]:
    """Return how many seconds the work took, and what came of it."""
    start = perf_counter()
    result = work()
    return perf_counter() - start, result


def main(arguments: list[str] | None = None) -> int:
    """Time both engines, print the table and the JSON line; 3 where Joren's fit is the worse one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=sorted(MODELS), default="bgnbd")
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)

    truth = MODELS[asked.model]
    x, t_x, T = simulated_year(truth, asked.customers, asked.seed)

    def joren() -> PurchaseModel:
        return type(truth).fit(x, t_x, T)

    def lifetimes() -> PurchaseModel:
        np.random.seed(asked.seed)  # noqa: NPY002 - lifetimes starts Pareto/NBD from numpy's global generator
        fitter = new_fitter(type(truth))
        with contained():
            fitter.fit(x, t_x, T)
        return from_lifetimes(fitter)

    seconds: dict[str, list[float]] = {"joren": [], "lifetimes": []}
    likelihood: dict[str, float] = {}
    for _ in range(asked.rounds):
        for name, work in (("joren", joren), ("lifetimes", lifetimes)):
            took, model = timed(work)
            seconds[name].append(took)
            likelihood[name] = float(model.log_likelihood(x, t_x, T).sum())
            print(f"{name:9} {took:9.3f} s  log-likelihood {likelihood[name]:.6f}", flush=True)

    ours, theirs = (statistics.median(seconds[name]) for name in ("joren", "lifetimes"))
    gap = (likelihood["joren"] - likelihood["lifetimes"]) / abs(likelihood["lifetimes"])
    told = {"joren_s": ours, "lifetimes_s": theirs, "ratio": theirs / ours, "log_likelihood_gap": gap}
    print(f"{asked.customers} customers, medians: joren {ours:.3f} s, lifetimes {theirs:.3f} s")
    print(json.dumps(told))
    return 0 if gap >= WORST_GAP else 3


if __name__ == "__main__":
    sys.exit(main())
