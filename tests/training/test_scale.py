"""A million customers, by the benchmark: minutes of two cores, so `make prove` alone runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CUSTOMERS = 1_000_000


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_a_million_customers_are_learned_from_scored_and_explained_in_time() -> None:
    command = [sys.executable, "-m", "benchmarks.train", "--customers", str(CUSTOMERS)]
    told = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    figures = json.loads(told.splitlines()[-1])
    assert f"of {CUSTOMERS:,} customers were drawn" in told
    assert figures["customers"] > 0.99 * CUSTOMERS  # a few have cancelled all that they ordered
    assert figures["moments"] == 6
    assert figures["train_s"] < 15 * 60
    assert figures["score_s"] < 60
    assert (figures["reasons"], figures["reasons_s"] < 60) == (10_000, True)
    assert figures["peak_gib"] < 16
