"""What is said of the features, in two languages."""

from __future__ import annotations

import math
import re
from itertools import combinations

import pytest

from features.behaviour.families import EVENT_FAMILIES
from features.catalogue import CATALOGUE
from features.reasons import LANGUAGES, names_in, reason_text

NAMES = {feature.name for feature in CATALOGUE}
UNITS = {
    *("orders", "lines", "pieces", "products", "categories", "channels", "money", "days", "months"),
    *("share", "ratio", "log ratio", "score", "flag"),
    *("contacts", "topics", "hours", "answers", "rating", "rating change", "silence"),
    *("detractor", "points", "direction", "subscriptions", "times", "offers", "campaigns"),
}
FAMILIES = {"purchases", "rhythm", "basket", "returns", "season", *EVENT_FAMILIES}
NEVER_NULL = {
    *("orders", "paid_orders", "gross_spend", "net_revenue", "refund_total", "first_order_value"),
    *(name for name in NAMES if re.fullmatch(r"(orders|gross_spend|refund_total)_\d+d", name)),
    *("lines_per_order", "last_order_lines", "refunds_per_order", "refunded_since_last_order"),
    *("days_since_first_order", "days_since_last_order", "recency_score", "frequency_score"),
}
JAPANESE = re.compile("[぀-ヿ一-鿿]")
ROW: dict[str, object] = dict.fromkeys(NAMES, 2.0)
NEW_CUSTOMER = {name: 1.0 if name in NEVER_NULL else None for name in NAMES}


def test_names_are_unique_and_units_are_known() -> None:
    assert len(NAMES) == len(CATALOGUE) >= 35
    assert {feature.unit for feature in CATALOGUE} <= UNITS
    assert {feature.family for feature in CATALOGUE} == FAMILIES


@pytest.mark.parametrize("feature", CATALOGUE, ids=lambda feature: feature.name)
def test_a_feature_is_told_in_both_languages(feature: object) -> None:
    texts = {name: getattr(feature, name) for name in ("meaning", "reason", "without")}
    for name, text in texts.items():
        japanese = getattr(feature, f"{name}_ja")
        assert bool(text) == bool(japanese)
        assert not JAPANESE.search(text)
        assert not text or JAPANESE.search(japanese)
        assert set(names_in(text)) == set(names_in(japanese)) <= NAMES
    assert set(names_in(texts["without"])) <= NEVER_NULL
    assert texts["without"] or set(names_in(texts["reason"])) <= NEVER_NULL | ALWAYS_THERE


ALWAYS_THERE = {"active_months", "weekend_share"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_customer_of_one_order_gets_a_sentence_for_everything(language: str) -> None:
    row = NEW_CUSTOMER | {"active_months": 1.0, "weekend_share": 0.0}
    for name in NAMES:
        for values in (row, {key: math.nan if value is None else value for key, value in row.items()}):
            assert re.search(r"\w", reason_text(name, values, language, "EUR"))
            assert "nan" not in reason_text(name, values, language, "EUR")


@pytest.mark.parametrize(
    ("name", "values", "english", "japanese"),
    [
        (
            "days_since_last_order",
            {"days_since_last_order": 74, "median_gap_days": 21.0},
            "last order 74 days ago; usually every 21 days",
            "最終購入は74日前（通常は21日間隔）",
        ),
        (
            "days_since_last_order",
            {"days_since_last_order": 1, "median_gap_days": None},
            "last order 1 day ago",
            "最終購入は1日前",
        ),
        ("orders_28d", {"orders_28d": 0}, "no orders in the last 28 days", "直近28日間の購入は0回"),
        ("orders", {"orders": 1}, "1 order so far", "これまでの購入は1回"),
        ("gross_spend", {"gross_spend": 12345.6}, "€12,346 spent so far", "これまでの購入額は€12,346"),
        (
            "mean_order_value",
            {"mean_order_value": 9.5},
            "€9.50 an order on average",
            "平均購入額は€9.50",
        ),
        ("lateness", {"lateness": 3.54}, "3.5 times the usual interval has passed since the last order", ""),
        ("weekend_share", {"weekend_share": 2 / 3}, "67% of the orders at weekends", "購入の67%が土日"),
        ("refund_share", {"refund_share": None}, "no paid order so far", "支払いのある購入はまだなし"),
    ],
)
def test_sentences(name: str, values: dict[str, object], english: str, japanese: str) -> None:
    assert reason_text(name, ROW | values, "en", "EUR") == english
    assert not japanese or reason_text(name, ROW | values, "ja", "EUR") == japanese


def test_money_as_its_country_writes_it() -> None:
    assert reason_text("gross_spend", {"gross_spend": 980.4}, "ja", "JPY") == "これまでの購入額は980円"
    assert reason_text("gross_spend", {"gross_spend": 980.4}, "en", "JPY") == "¥980 spent so far"
    assert reason_text("gross_spend", {"gross_spend": 98.4}, "en", "XXX") == "98 spent so far"


def test_sentences_differ_between_features() -> None:
    row = {feature.name: 2.0 + number for number, feature in enumerate(CATALOGUE)}
    same = [
        {one.name, other.name}
        for one, other in combinations(CATALOGUE, 2)
        if reason_text(one.name, row, "en", "EUR") == reason_text(other.name, row, "en", "EUR")
    ]
    assert same == []
