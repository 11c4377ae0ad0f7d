from datetime import date, timedelta

import numpy as np
import pytest

from training.drift import CHANCE, Movement, Past, Verdict, movements, population_stability
from training.limits import Limits
from training.profile import Counts, Histogram

NOW = date(2026, 3, 31)
REFERENCE = NOW - timedelta(days=90)
LIMITS = Limits()


def moments(count: int, apart_days: int = 30) -> tuple[date, ...]:
    return tuple(REFERENCE - timedelta(days=apart_days * back) for back in reversed(range(count)))


def moved(
    past: list[np.ndarray], now: np.ndarray, *, year_before: np.ndarray | None = None, apart_days: int = 30
) -> Movement:
    histogram = Histogram.of(past)
    year = None if year_before is None else histogram.counts(year_before)
    there = Past(moments(len(past), apart_days), histogram.moments, year)
    return movements({"it": there}, {"it": histogram.counts(now)}, NOW, LIMITS)[0]


def test_psi_is_that_of_the_definition_and_nothing_for_equal_shares() -> None:
    before, now = Counts((1000, 1000), 0), Counts((3000, 1000), 7)
    p, q = np.array([1000.5, 1000.5]) / 2001, np.array([3000.5, 1000.5]) / 4001
    assert population_stability(before, now) == pytest.approx(float(np.sum((q - p) * np.log(q / p))))
    assert population_stability(before, Counts((2000, 2000), 0)) == pytest.approx(0.0, abs=1e-12)


def test_a_hundredfold_amount_has_moved() -> None:
    draw = np.random.default_rng(1)
    past = [draw.lognormal(3, 1, 800) for _ in range(6)]
    found = moved(past, 100 * draw.lognormal(3, 1, 800))
    assert found.verdict is Verdict.MOVED
    assert found.strength > 3


def test_a_feature_that_is_not_known_any_more_is_missing() -> None:
    draw = np.random.default_rng(2)
    past = [draw.normal(size=500) for _ in range(6)]
    found = moved(past, np.where(draw.random(500) < 0.4, np.nan, draw.normal(size=500)))
    assert found.verdict is Verdict.MISSING
    assert (found.missing_before, found.missing) == (0.0, pytest.approx(0.4, abs=0.06))


def test_what_grows_as_it_always_grew_is_steady_and_a_jump_of_it_is_not() -> None:
    draw = np.random.default_rng(3)
    days = np.sort(draw.integers(0, 900, 600)).astype(float)
    past = [days + 30.0 * step for step in range(8)]
    assert moved(past, days + 30.0 * 7 + 90).verdict is Verdict.STEADY
    assert moved(past, days + 30.0 * 7 + 900).verdict is Verdict.MOVED


def test_what_lay_the_same_way_a_year_before_is_seasonal() -> None:
    draw = np.random.default_rng(4)
    past = [draw.poisson(1.0, 600).astype(float) for _ in range(6)]
    december, last_december = draw.poisson(4.0, (2, 600)).astype(float)
    assert moved(past, december).verdict is Verdict.MOVED
    assert moved(past, december, year_before=last_december).verdict is Verdict.SEASONAL
    assert moved(past, 3 * december, year_before=last_december).verdict is Verdict.MOVED
    assert moved(past, december, year_before=np.full(600, np.nan)).verdict is Verdict.MOVED


def test_one_past_moment_does_not_tell_what_is_usual() -> None:
    draw = np.random.default_rng(5)
    found = moved([draw.normal(size=400)], draw.normal(3, 1, 400))
    assert (found.verdict, found.usual) == (Verdict.UNJUDGED, None)


def test_what_looks_back_further_than_history_does_is_not_judged() -> None:
    draw = np.random.default_rng(8)
    histogram = Histogram.of([draw.normal(size=400) for _ in range(4)])
    there = Past(moments(4), histogram.moments, is_young=True)
    found = movements({"it": there}, {"it": histogram.counts(draw.normal(3, 1, 400))}, NOW, LIMITS)
    assert found[0].verdict is Verdict.UNJUDGED


def test_few_customers_raise_the_limit() -> None:
    draw = np.random.default_rng(6)
    few, many = (
        moved([draw.normal(size=n) for _ in range(6)], draw.normal(size=n)).psi_limit for n in (40, 4000)
    )
    assert LIMITS.psi < many < few


def test_what_training_never_knew_is_left_out() -> None:
    empty = Histogram.of([np.full(50, np.nan)])
    there = Past(moments(1), empty.moments)
    assert movements({"it": there}, {"it": empty.counts(np.ones(50))}, NOW, LIMITS) == ()


def test_chance_alone_raises_an_alert_in_one_report_of_a_hundred_at_the_most() -> None:
    draw = np.random.default_rng(7)
    strict = Limits(psi=1e-9, missing_share=0.0)
    reports = []
    for _ in range(60):
        pasts, now = {}, {}
        for feature in range(10):
            values = [draw.normal(size=300) for _ in range(2)]
            histogram = Histogram.of(values)
            pasts[str(feature)] = Past(moments(2, 90), histogram.moments)
            now[str(feature)] = histogram.counts(draw.normal(size=300))
        reports.append(any(one.verdict is Verdict.MOVED for one in movements(pasts, now, NOW, strict)))
    assert np.mean(reports) <= 2 * CHANCE
