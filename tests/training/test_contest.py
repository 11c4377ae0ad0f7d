from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.config import TrainingConfig
from training.contest import Standing, contest
from training.evaluate import Evaluation, Forecast
from training.metadata import Metadata

CHAMPION = Standing(91, "UTC", "USD", date(2026, 3, 31), date(2025, 12, 30), log_loss=0.40, skill=0.30)
METADATA = Metadata(
    as_of=date(2026, 3, 31),
    training=TrainingConfig(horizon_days=91),
    method="out of time",
    why="the history of 455 days holds 11 past moments with known outcomes",
    features=("orders",),
    zone="UTC",
    currency="USD",
    first_day=date(2024, 1, 1),
    customers=4,
    moments=(),
    panel_rows=0,
    fitted_rows=0,
)


def test_the_first_model_needs_no_contest() -> None:
    assert contest(CHAMPION, None).promoted


def test_the_same_model_again_does_not_move_the_alias() -> None:
    assert not contest(CHAMPION, CHAMPION).promoted


@pytest.mark.parametrize(("log_loss", "promoted"), [(0.39, True), (0.41, False), (float("nan"), False)])
def test_on_the_same_held_out_moment_the_smaller_log_loss_wins(log_loss: float, promoted: bool) -> None:  # noqa: FBT001
    assert contest(replace(CHAMPION, log_loss=log_loss), CHAMPION).promoted is promoted


@pytest.mark.parametrize(
    ("skill", "promoted"), [(0.35, True), (0.28, True), (0.20, False), (float("nan"), False)]
)
def test_newer_days_win_unless_the_skill_was_lost(skill: float, promoted: bool) -> None:  # noqa: FBT001
    newer = replace(CHAMPION, as_of=date(2026, 4, 30), moment=date(2026, 1, 29), skill=skill)
    verdict = contest(newer, CHAMPION)
    assert verdict.promoted is promoted
    assert "30 days more" in verdict.why


def test_older_days_never_win() -> None:
    older = replace(CHAMPION, as_of=date(2026, 1, 31), moment=date(2025, 11, 1), log_loss=0.1, skill=0.9)
    assert not contest(older, CHAMPION).promoted


@pytest.mark.parametrize("change", [{"horizon_days": 60}, {"zone": "Asia/Tokyo"}, {"currency": "JPY"}])
def test_a_champion_of_another_question_gives_way(change: dict[str, object]) -> None:
    assert contest(CHAMPION, replace(CHAMPION, **change)).promoted  # type: ignore[arg-type]


def test_a_champion_that_was_never_tried_gives_way_to_newer_days() -> None:
    untried = Standing(91, "UTC", "USD", date(2026, 1, 31))
    assert contest(CHAMPION, untried).promoted
    assert not contest(untried, CHAMPION).promoted


def test_a_standing_survives_as_tags() -> None:
    for standing in (CHAMPION, Standing(91, "UTC", "USD", date(2026, 1, 31))):
        kept = Standing.from_tags({"method": "x", **standing.to_tags()})
        assert kept is not None
        assert kept.to_tags() == standing.to_tags()
    assert Standing.from_tags({"method": "x"}) is None


def test_skill_is_the_share_of_the_means_log_loss_that_is_gone() -> None:
    truth = pd.DataFrame({"churned": [1.0, 0, 1, 0], "orders": 0.0, "revenue": 0.0}, index=list("abcd"))
    said = Forecast(churn=np.array([0.8, 0.2, 0.8, 0.2]))
    held_out = Evaluation.of(
        truth, {"Joren": said}, moment=date(2025, 12, 30), horizon_days=91, kind="out-of-time"
    )
    standing = Standing.of(METADATA, held_out)
    assert standing.skill == pytest.approx(1 - np.log(0.8) / np.log(0.5))
    assert np.isnan(Standing.of(METADATA, None).skill)
