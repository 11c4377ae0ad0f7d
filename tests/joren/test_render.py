import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from joren.cli.render import show_run, show_training
from joren.report import RunReport, TrainingReport
from joren.tracking import Kept
from tests.joren.sample import IDS, sample_report
from training.config import Hyperparameters
from training.gate import Verdict
from training.registry import Version
from training.tuning import Trial


def shown(report: RunReport, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    show_run(report, Path("out"), ["joren at-risk --limit 50"], console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def trained(*, promoted: bool) -> TrainingReport:
    report = sample_report()
    kept = Kept(Version(3, "run", report.model_version), Verdict(promoted, "30 days more are known"))
    return TrainingReport(report.metadata, report.model_version, report.evaluation, kept, report.rows)


def training_shown(report: TrainingReport) -> str:
    console = Console(file=io.StringIO(), width=80)
    show_training(report, console)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


@pytest.mark.parametrize("width", [80, 120])
def test_the_report_fits_the_terminal_and_tells_all(width: int) -> None:
    text = shown(sample_report(), width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    flowing = " ".join(text.split())
    for words in (
        "as of 2026-03-31, for the 91 days to 2026-06-30",
        "1,012 rows, 2024-01-01 to 2026-06-30",
        "1,000; 70 of them lie after 2026-03-31 and were not looked at; 3 repeat another",
        "12: 7 unreadable amount, 5 missing customer id; see quarantine.parquet",
        "5: 4 eligible, 1 already churned",
        "No time zone is given",
        "91 days after 2025-12-30 (out-of-time)",
        "The 4 customers with the most value at risk",
        "81% 334.12",
        "at_risk.csv",
        "joren at-risk --limit 50",
    ):
        assert words in flowing
    assert "…" not in text
    assert ("If stays" in text) is (width == 120)


def test_ids_are_shown_whole_and_never_read_as_markup() -> None:
    text = shown(sample_report(("[red]x[/red]", "客" * 20, *IDS)), 80)
    assert "[red]x[/red]" in text
    assert text.count("客") == 20
    assert "=cmd|' /C" in text


def test_large_sums_lose_their_cents_and_unknown_currencies_their_code() -> None:
    report = sample_report()
    scores = report.scores.assign(value_at_risk=report.scores["value_at_risk"] * 1_000, currency="XXX")
    text = shown(replace(report, scores=scores, metadata=replace(report.metadata, currency="XXX")), 80)
    assert "334,125" in text
    assert "XXX" not in text


def test_a_run_without_an_evaluation_says_why() -> None:
    report = sample_report()
    why = "the history of 31 days holds no earlier 91 days whose outcome is known"
    short = replace(report.metadata, method="lifetime-value model alone", why=why, moments=())
    text = " ".join(shown(replace(report, evaluation=None, metadata=short), 80).split())
    assert "How it was learned" in text
    assert f"lifetime-value model alone: {why}" in text


def test_an_empty_list_says_what_keeps_everybody_off_it() -> None:
    report = sample_report()
    stale = report.scores.assign(score_status="stale_features", at_risk_rank=None)
    text = " ".join(shown(replace(report, scores=stale), 80).split())
    assert "Nobody is on the at-risk list" in text
    assert "stale features: the data end well before the moment" in text


def test_hyperparameters_are_only_to_be_written_down_where_others_did_better() -> None:
    day = date(2025, 1, 1)
    given, other = Trial(0, Hyperparameters(), {day: 0.5}), Trial(1, Hyperparameters(rounds=77), {day: 0.4})
    report = trained(promoted=True)
    assert "rounds = 77" in training_shown(replace(report, trials=[other, given]))
    worse = replace(other, by_moment={day: 0.6})
    text = training_shown(replace(report, trials=[given, worse]))
    assert "none did better" in text
    assert "rounds =" not in text


@pytest.mark.parametrize(
    ("promoted", "says"), [(True, "is the champion from now on"), (False, "champion stays")]
)
def test_training_ends_with_what_became_of_the_model(promoted: bool, says: str) -> None:  # noqa: FBT001
    text = training_shown(trained(promoted=promoted))
    assert says in text
    assert "30 days more are known" in text
