import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.joren.conftest import joren


@pytest.fixture
def changed(project: Path, tmp_path: Path) -> Path:
    """A project whose data changed after its first run: amounts are in another unit from April on."""
    folder = tmp_path / "shop"
    shutil.copytree(project, folder, symlinks=True)
    rules = (folder / "joren.toml").read_text(encoding="utf-8")
    data = tmp_path / "sales.csv"
    source = next(line.split('"')[1] for line in rules.splitlines() if line.startswith("file ="))
    rows = pd.read_csv(project / source, dtype={"customer_id": str})
    rows.loc[rows["timestamp"] >= "2025-04-01", "amount"] *= 100
    rows.to_csv(data, index=False)
    (folder / "joren.toml").write_text(rules.replace(source, str(data)), encoding="utf-8")
    assert joren("score", "--project", folder, "--as-of", "2025-06-30").exit_code == 0
    return folder


def test_what_moved_is_named_and_the_exit_code_is_3(changed: Path) -> None:
    told = joren("monitor", "--project", changed, "--json")
    assert told.exit_code == 3, told.output
    report = json.loads(told.stdout)
    moved = {alert["subject"] for alert in report["alerts"] if alert["cause"] == "feature"}
    assert "gross_spend_91d" in moved
    assert "gross_spend_91d" in told.stderr
    parts = report["movement"]["parts"]
    causes = ("behaviour", "model", "mix", "data")
    assert sum(parts[name] for name in causes) == pytest.approx(parts["total"], abs=1e-9)
    assert (parts["model"], parts["revised_share"]) == (0, 0)
    assert [run["as_of"] for run in report["realised"]] == ["2025-03-31"]
    page = (changed / "reports" / "monitor.html").read_text(encoding="utf-8")
    assert "gross_spend_91d" in page
    assert "http" not in page.replace("http-equiv", "")


def test_before_the_first_run_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    data.write_text("customer_id,timestamp,amount\nc-7f,2025-01-01,3\n", encoding="utf-8")
    assert joren("init", tmp_path / "new", "--transactions", data).exit_code == 0
    refused = joren("monitor", "--project", tmp_path / "new")
    assert refused.exit_code == 2
    assert "joren run" in refused.stderr
