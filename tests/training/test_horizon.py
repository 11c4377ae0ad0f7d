"""The horizon advised, and the curve it rests on, where the truth is known."""

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from training.errors import NotEnoughDataError
from training.horizon import RETURNED, Advice, advise
from training.horizon_plot import figure
from training.silences import Silences

START = date(2023, 1, 1)
DAYS = 600
LEAVING = 0.15
MEAN_GAPS = (6.0, 60.0)


@pytest.fixture(scope="module")
def tables() -> Tables:
    """Customers who come every 6 days on average, and as many who come every 60; 15 % leave each time."""
    draw = np.random.default_rng(3)
    rows = []
    for number in draw.permutation(900):
        day, mean = draw.uniform(0, 0.7 * DAYS), MEAN_GAPS[number % 2]
        while day < DAYS:
            rows.append((f"c-{number:03x}", pd.Timestamp(START) + pd.Timedelta(days=int(day)), 20.0))
            if draw.random() < LEAVING:
                break
            day += 1 + draw.exponential(mean - 1)
    return tables_from_frame(pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"]))


@pytest.fixture(scope="module")
def advice(tables: Tables) -> Advice:
    return advise(tables, START + timedelta(days=DAYS - 1))


def returned(days: float) -> float:
    """Return the true share of a customer's returns within ``days``, each customer one vote."""
    return float(np.mean([1 - np.exp(-(days - 0.5) / (mean - 1)) for mean in MEAN_GAPS]))


@pytest.mark.parametrize("days", [7, 14, 30, 60, 120])
def test_frequent_buyers_do_not_drown_the_others(advice: Advice, days: int) -> None:
    assert advice.silences.returned_within(days) == pytest.approx(returned(days), abs=0.04)
    still = 1 - (1 - LEAVING) * returned(days)
    after = 1 - LEAVING / still
    assert advice.silences.return_after(days) == pytest.approx(after, abs=0.05)


def test_the_shortest_whole_weeks_are_advised_that_nine_of_ten_returns_take(advice: Advice) -> None:
    days = advice.advised.days
    assert days % 7 == 0
    assert advice.silences.returned_within(days - 7) < RETURNED <= advice.advised.returned
    assert abs(days - 98) <= 14
    assert f"within {days} days" in advice.why[0]
    assert f"{days}日" in advice.why_ja[0]


def test_waiting_costs_what_a_customer_who_stays_spends_in_the_time(advice: Advice) -> None:
    assert advice.advised.spend == pytest.approx(advice.advised.days * advice.candidates[0].spend / 14)
    assert 20 / 60 < advice.candidates[0].spend / 14 < 20 / 6


def test_a_short_history_bounds_the_advice_and_says_so(tables: Tables) -> None:
    short = advise(tables, START + timedelta(days=180))
    assert short.advised.days < 98
    assert "the history of 181 days leaves" in short.why[0]


def test_where_too_few_came_back_it_says_what_is_missing() -> None:
    rows = [(f"c-{n}", START + timedelta(days=n % 300), 5.0) for n in range(400)]
    once = tables_from_frame(pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"]))
    with pytest.raises(NotEnoughDataError, match="0 of 400 customers came back"):
        Silences.of(once, START + timedelta(days=299))


def test_it_is_told_as_json_and_drawn(advice: Advice) -> None:
    told = json.loads(json.dumps(advice.to_json(), allow_nan=False))
    assert told["horizon_days"] == advice.advised.days
    assert [one["days"] for one in told["candidates"]] == sorted({one.days for one in advice.candidates})
    axes, below = figure(advice).axes
    assert f"within {advice.advised.days} days" in axes.get_title(loc="left")
    assert below.get_ylabel() == "still come back"
