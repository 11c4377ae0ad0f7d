"""The model card: everything a reader must know of a bundle, and no customer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.training.bundles import fitted
from tests.training.test_plots import an_evaluation
from training.evaluate import Kind
from training.model_card import model_card
from training.policy import Policy


def test_the_card_tells_what_when_and_how_well() -> None:
    bundle = fitted(60)
    card = model_card(bundle, an_evaluation(), {"hash": "9f3c", "rows": 69_659})
    for told in (
        f"# Joren {bundle.version}",
        "**no purchase in the next 60 days**",
        "to 1997-09-30, days of the zone UTC",
        f"| customers | {bundle.metadata.customers} |",
        "| currency | USD |",
        "| data: rows | 69659 |",
        f"{len(bundle.metadata.moments)} past moments",
        "production's own situation",
        "## Calibration",
    ):
        assert told in card


def test_the_best_of_each_column_is_bold_and_what_a_model_cannot_say_is_a_dash() -> None:
    evaluation = an_evaluation()
    lines = model_card(fitted(60), evaluation, {}).splitlines()
    rule = next(line for line in lines if line.startswith("| recency rule"))
    ours = next(line for line in lines if line.startswith("| Joren"))
    assert f"**{evaluation.metrics['Joren']['auc']:.3f}**" in ours
    assert "–" in rule
    assert "**" not in rule


def test_the_card_tells_which_lifetime_value_model_and_its_worst_season() -> None:
    bundle = fitted(60)
    card = model_card(bundle, None, {})
    assert bundle.choice.why in card
    for title in ("| BG/NBD |", "| MBG/NBD |", "| Pareto/NBD |"):
        assert title in card
    assert ", the worst |" in card
    assert "value within 80 % intervals" in card


def test_no_customer_is_named() -> None:
    evaluation = an_evaluation()
    card = model_card(fitted(60), evaluation, {})
    assert not [customer for customer in evaluation.predictions.index if customer in card]


def test_few_customers_get_no_table_of_groups() -> None:
    assert "## Calibration" not in model_card(fitted(60), an_evaluation(60), {})


def test_a_history_too_short_is_said() -> None:
    card = model_card(fitted(182), None, {})
    assert "too short to hold anything out" in card
    assert "no earlier outcome of this length" in card


def test_what_the_run_noted_is_among_the_limits() -> None:
    bundle = fitted(182)
    noted = replace(bundle, metadata=replace(bundle.metadata, notes=("The history begins in mid-life.",)))
    assert "- The history begins in mid-life." in model_card(noted, None, {})


@pytest.mark.parametrize(
    ("rate", "recorded", "told"),
    [
        (None, None, "**assumed**"),
        (0.4, None, "40.0% of net revenue, as given"),
        (0.4, 0.31, "recorded: 31.0% of net revenue"),
    ],
)
def test_the_margin_is_explained(rate: float | None, recorded: float | None, told: str) -> None:
    bundle = fitted(182)
    assert bundle.value is not None
    value = replace(bundle.value, margin_share=recorded)
    assert told in model_card(replace(bundle, policy=Policy(margin_rate=rate), value=value), None, {})


@pytest.mark.parametrize(
    ("kind", "told"), [("cross-fitted", "**not** out of time"), ("shorter-horizon", "an easier question")]
)
def test_an_easier_question_is_called_one(kind: Kind, told: str) -> None:
    assert told in model_card(fitted(60), replace(an_evaluation(), kind=kind), {})
