"""``joren backtest`` as it is typed: a table, a report with pictures, and a refusal that says what lacks."""

import json
from pathlib import Path

from tests.joren.conftest import joren
from tests.joren.shop import shop
from training.peers import BASE_RATE, PEERS


def test_a_file_is_backtested_and_the_report_lies_where_it_was_asked_for(tmp_path: Path) -> None:
    data, out = tmp_path / "sales.csv", tmp_path / "trial"
    shop().to_csv(data, index=False)
    asked = ("backtest", "--transactions", data, "--horizon-days", 60, "--moments", 1)
    done = joren(*asked, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told == json.loads((out / "backtest.json").read_text())
    assert {*PEERS, BASE_RATE, "Joren"} < set(told["mean"])
    assert [one["moment"] for one in told["moments"]] == [told["worst"]] == ["2025-04-30"]
    assert told["grade"]["letter"] in "DF"
    assert told["differences"]["BG/NBD"]["log_loss"]["standard_error"] > 0

    report = (out / "backtest.md").read_text()
    assert f"Grade of the churn forecasts: {told['grade']['letter']}" in report
    assert "| Joren |" in report
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert pictures == sorted(line[4:-1] for line in report.splitlines() if line.startswith("![]("))
    assert not any(customer in report + done.stdout for customer in shop()["customer_id"] if "-" in customer)
    assert sorted(path.suffix for path in out.iterdir()) == [".json", ".md"] + [".png"] * len(pictures)


def test_too_little_data_is_told_what_it_lacks(tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    shop().to_csv(data, index=False)
    done = joren("backtest", "--transactions", data, "--as-of", "2024-03-31", "--horizon-days", 91)
    assert done.exit_code == 2
    assert "46 are missing" in done.stderr
    assert "--horizon-days" in done.stderr
    assert done.stdout == ""


def test_where_the_report_goes_is_the_projects_own_to_say(tmp_path: Path) -> None:
    done = joren("backtest", "--project", tmp_path, "--out", tmp_path)
    assert done.exit_code == 2
    assert "--out goes with --transactions" in " ".join(done.stderr.split())


def test_a_horizon_is_advised_and_drawn(tmp_path: Path) -> None:
    data = tmp_path / "sales.csv"
    shop().to_csv(data, index=False)
    done = joren("horizon", "--transactions", data, "--out", tmp_path / "out", "--language", "ja")
    assert done.exit_code == 0, done.output
    assert "horizon_days = " in done.stdout
    assert "理由" in done.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["horizon.png"]
