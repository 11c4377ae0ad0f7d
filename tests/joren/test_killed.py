"""A run that is killed leaves what stood; its lock and half-written files do not hinder the next one."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.joren.conftest import QUESTION, joren
from tests.joren.shop import shop
from tests.joren.test_one_shot import RESULTS, snapshot

UNDRAWN = """
from joren import cli, tracking
tracking._pictures = lambda *_: {}
cli.main()
"""


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("step", ["Reading", "Scoring"])
def test_a_killed_run_leaves_what_stood_and_the_next_one_works(tmp_path: Path, out: Path, step: str) -> None:
    data = tmp_path / "sales.csv"
    shop(customers=30).to_csv(data, index=False)
    (out / "metrics.json").write_text("{}")
    before = snapshot(out)
    command = ["run", "--transactions", data, *QUESTION, "--out", out]
    with subprocess.Popen(
        [sys.executable, "-c", UNDRAWN, *command], stderr=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stderr is not None
        told = next(line for line in killed.stderr if step in line)
        assert told.startswith("✓")
        killed.kill()
    left = snapshot(out)
    assert {name: left[name] for name in left if not name.startswith(".joren")} == before
    if step == "Scoring":
        assert joren(*command).exit_code == 0
        assert {path.name for path in out.iterdir()} == RESULTS
