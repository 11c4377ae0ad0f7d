"""Which moments of the past a backtest judges, and what it says where there are none."""

from contextlib import AbstractContextManager, nullcontext
from datetime import date, timedelta

import pytest

from tests.training.subscribers import a_business
from training.backtested import Plan
from training.config import TrainingConfig
from training.errors import NotEnoughDataError
from training.peers import BASE_RATE, RECENCY
from training.policy import Policy
from training.rolling import plan, roll

FIRST = date(2023, 1, 1)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=day) for day in range(count)]


def test_a_long_history_is_judged_at_six_moments_a_horizon_apart() -> None:
    asked = plan(days(1_000), TrainingConfig(horizon_days=60))
    assert len(asked.moments) == 6
    assert asked.moments[0] == days(1_000)[-1] - timedelta(days=60)
    assert {(newer - older).days for newer, older in zip(asked.moments, asked.moments[1:], strict=False)} == {
        60
    }
    assert asked.step_days == 60


def test_a_short_one_a_third_of_a_horizon_apart_each_with_outcomes_before_it() -> None:
    asked = plan(days(374), TrainingConfig(horizon_days=90))
    assert asked.step_days == 30
    assert len(asked.moments) == 5
    assert all((moment - FIRST).days >= 90 + 45 for moment in asked.moments)


def test_where_no_horizon_was_over_before_half_of_one_is_made_do_with() -> None:
    asked = plan(days(560), TrainingConfig(horizon_days=273))
    assert asked.moments[0] == days(560)[-1] - timedelta(days=273)
    assert all((moment - FIRST).days >= 136 for moment in asked.moments)
    assert "before none of them" in asked.why


def test_the_number_and_the_distance_can_be_asked_for() -> None:
    asked = plan(days(1_000), TrainingConfig(horizon_days=60), moments=2, step_days=100)
    assert [(days(1_000)[-1] - moment).days for moment in asked.moments] == [60, 160]


@pytest.mark.parametrize("count", [1, 40, 135])
def test_too_short_a_history_is_told_what_it_lacks(count: int) -> None:
    with pytest.raises(NotEnoughDataError) as told:
        plan(days(count), TrainingConfig(horizon_days=91))
    assert f"{137 - count} are missing" in str(told.value)
    assert told.value.exit_code == 2


def test_the_longest_horizon_that_is_offered_can_be_asked_for() -> None:
    with pytest.raises(NotEnoughDataError, match="--horizon-days 89") as told:
        plan(days(134), TrainingConfig(horizon_days=91))
    assert told.value.mend
    assert plan(days(134), TrainingConfig(horizon_days=89)).moments


def test_contracts_are_judged_by_attributes_too_and_against_the_model_of_contracts() -> None:
    config = TrainingConfig(60, max_moments=1, attributes=("Tariff",))
    as_of, moment = date(2025, 7, 30), date(2025, 5, 31)
    asked = Plan((moment,), 60, "as asked", "指定のとおり")
    told: list[str] = []

    def step(title: str) -> AbstractContextManager[None]:
        told.append(title)
        return nullcontext()

    found = roll(a_business(), as_of, config, Policy(), asked=asked, step=step)
    assert f"Judging {moment}" in told
    assert set(found.differences) == {"sBG", BASE_RATE}
    assert RECENCY not in found.mean
    assert found.differences["sBG"]["auc"].difference > 0.05
    assert 0 < found.worst.skill < 1
    assert found.disjoint == 1
