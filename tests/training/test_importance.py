from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager

from features.catalogue import CATALOGUE
from training.bundle import Bundle
from training.importance import FEWEST_CUSTOMERS, Importance, dependence, importance_of
from training.importance_plots import JAPANESE, importance_figures
from training.models.inputs import Numbers

FAMILY = {feature.name: feature.family for feature in CATALOGUE}


@pytest.fixture(scope="module")
def found(bundle: Bundle, behaviour: pd.DataFrame) -> Importance:
    importance = importance_of(bundle, behaviour.head(1500))
    assert importance is not None
    return importance


def test_contributions_add_up_to_the_distance_from_the_average_score(
    bundle: Bundle, found: Importance
) -> None:
    assert bundle.learners is not None
    churn = bundle.learners.churn
    table = bundle._scorer.with_value_features(found.behaviour)
    odds = churn.stacked_log_odds(Numbers(table, churn.members.features))
    np.testing.assert_allclose(found.parts.sum(axis=1), odds - odds.mean(), atol=1e-4)


def test_importance_is_the_mean_size_and_families_add_up_signs_and_all(found: Importance) -> None:
    sizes = list(found.features.values())
    assert sizes == sorted(sizes, reverse=True)
    assert found.features["orders"] == pytest.approx(np.abs(found.parts["orders"]).mean())
    rhythm = [name for name in found.parts if FAMILY[name] == "rhythm"]
    assert found.families["rhythm"] == pytest.approx(found.parts[rhythm].sum(axis=1).abs().mean())


def test_no_point_of_a_curve_is_of_fewer_than_20_customers_and_all_are_in_one(found: Importance) -> None:
    for feature in ("days_since_last_order", "orders", "median_gap_days"):
        table = dependence(found, feature)
        assert table["customers"].min() >= FEWEST_CUSTOMERS
        assert table["customers"].sum() == len(found.parts)
        assert (table["low"] <= table["middle"]).all()
        assert (table["middle"] <= table["high"]).all()
    assert table["value"].isna().sum() == 1  # those of one order have no gap


def test_who_has_been_away_longer_is_likelier_to_leave(found: Importance) -> None:
    table = dependence(found, "days_since_last_order")
    assert table["middle"].iloc[-1] > table["middle"].iloc[0] + 0.5


def test_few_customers_give_no_curve(found: Importance) -> None:
    few = replace(found, parts=found.parts.head(15), behaviour=found.behaviour.head(15))
    assert dependence(few, "orders").empty
    assert set(importance_figures(few, top=2)) == {"importance", "importance_families"}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_pictures_are_drawn_in_both_languages(found: Importance, language: str) -> None:
    fonts = {Path(file).stem for file in font_manager.findSystemFonts()}
    if language == "ja" and not fonts & set(JAPANESE):
        pytest.skip("no Japanese font is installed")
    drawn = importance_figures(found, language, top=2)  # type: ignore[arg-type]
    first, second = list(found.features)[:2]
    assert list(drawn) == [
        "importance",
        "importance_families",
        f"dependence/{first}",
        f"dependence/{second}",
    ]
    for figure in drawn.values():
        figure.draw_without_rendering()


def test_a_bundle_without_a_model_goes_by_nothing(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    assert importance_of(replace(bundle, value=None, learners=None), behaviour) is None
