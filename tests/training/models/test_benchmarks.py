from __future__ import annotations

import json

import pytest

from benchmarks import clv_curve, clv_fit, clv_score


def last_line(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    told: dict[str, float] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return told


def test_the_fit_ends_with_the_ratio_and_the_gap(capsys: pytest.CaptureFixture[str]) -> None:
    assert clv_fit.main(["--model", "mbgnbd", "--customers", "3000", "--rounds", "1"]) == 0
    told = last_line(capsys)
    assert set(told) == {"joren_s", "lifetimes_s", "ratio", "log_likelihood_gap"}
    assert told["log_likelihood_gap"] > -1e-6


def test_the_curve_tells_of_distinct_triples(capsys: pytest.CaptureFixture[str]) -> None:
    assert clv_curve.main(["--one", "3000"]) == 0
    told = last_line(capsys)
    assert 0 < told["distinct"] < told["customers"] == 3000
    assert told["peak_gib"] > 0


def test_scoring_tells_its_parts(capsys: pytest.CaptureFixture[str]) -> None:
    assert clv_score.main(["--model", "paretonbd", "--customers", "2000"]) == 0
    told = last_line(capsys)
    assert told["alive_s"] + told["expected_s"] + told["value_s"] == pytest.approx(told["total_s"])
