"""Features in words: the fact behind a number, as a marketer would say it, in English or Japanese."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from string import Formatter
from typing import SupportsFloat, cast

from features.catalogue import CATALOGUE, Feature

__all__ = ["LANGUAGES", "NO_CURRENCY", "SIGNS", "money_text", "reason_text", "value_text"]

LANGUAGES = ("en", "ja")
_FEATURES: Mapping[str, Feature] = {feature.name: feature for feature in CATALOGUE}
WITHOUT_CENTS = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "HUF", "IDR"})
CENTS_MATTER_BELOW = 10
THOUSANDS_FROM = 1000
NO_CURRENCY = "XXX"
SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "CNY": "CN¥", "KRW": "₩", "INR": "₹"}


def reason_text(feature_name: str, row: Mapping[str, object], language: str, currency: str) -> str:
    """Return the sentence behind a feature of one row of the behaviour table.

    ``row`` maps the features' names to their values, None or NaN where missing; ``language`` is one of
    `LANGUAGES`; ``currency`` an ISO code, "XXX" for none. Raises KeyError for a name or language that is not
    known.

    >>> row = {"days_since_last_order": 74, "median_gap_days": 21.0}
    >>> reason_text("days_since_last_order", row, "en", "USD")
    'last order 74 days ago; usually every 21 days'
    >>> reason_text("days_since_last_order", row | {"median_gap_days": None}, "ja", "JPY")
    '最終購入は74日前'
    """
    feature = _FEATURES[feature_name]
    reason, without = {
        "en": (feature.reason, feature.without),
        "ja": (feature.reason_ja, feature.without_ja),
    }[language]
    complete = all(_number(row[name]) is not None for name in names_in(reason))
    template = reason if complete or not without else without
    return template.format_map(
        {name: value_text(name, row[name], language, currency) for name in names_in(template)}
    )


def names_in(template: str) -> list[str]:
    """Return the features that a template names."""
    return [name for _, name, _, _ in Formatter().parse(template) if name]


def _number(value: object) -> float | None:
    number = math.nan if value is None else float(cast("SupportsFloat", value))
    return None if math.isnan(number) else number


def value_text(name: str, value: object, language: str, currency: str) -> str:
    """Return a feature's value with its unit; raises ValueError where it is missing.

    >>> value_text("days_since_last_order", 74, "ja", "JPY")
    '74日'
    """
    number = _number(value)
    if number is None:
        raise ValueError(f"{name} is missing, but it never is in a behaviour table")
    unit = _FEATURES[name].unit
    if unit == "money":
        return money_text(number, language, currency)
    return _UNITS[unit][language](number)


def money_text(value: float, language: str, currency: str) -> str:
    """Return whole units, and cents below ten where the currency has them.

    >>> money_text(843.2, "en", "USD"), money_text(9.5, "en", "USD"), money_text(-1234.5, "ja", "JPY")
    ('$843', '$9.50', '-1,234円')
    """
    whole = currency in WITHOUT_CENTS or abs(value) >= CENTS_MATTER_BELOW or not value
    amount = f"{abs(value):,.{0 if whole else 2}f}"
    minus = "-" if value < 0 and float(amount.replace(",", "")) else ""
    if currency == "JPY" and language == "ja":
        return f"{minus}{amount}円"
    sign = "" if currency == NO_CURRENCY else SIGNS.get(currency, f"{currency} ")
    return f"{minus}{sign}{amount}"


def _rounded(value: float, decimals: int = 1) -> str:
    """Return the number without a trailing zero: 3, 3.2."""
    return f"{round(value, decimals):g}" if abs(value) < THOUSANDS_FROM else f"{value:,.0f}"


def _counted(one: str, many: str, none: str = "0") -> Callable[[float], str]:
    def said(value: float) -> str:
        number = _rounded(value)
        return f"{none if number == '0' else number} {one if number == '1' else many}"

    return said


def _days(value: float) -> str:
    return _counted("day", "days")(round(value))


def _noun(one: str, many: str, counter_ja: str, none: str = "0") -> Mapping[str, Callable[[float], str]]:
    return {"en": _counted(one, many, none), "ja": lambda value: f"{_rounded(value)}{counter_ja}"}


def _either(
    english: Sequence[str], japanese: Sequence[str], least: int = 0
) -> Mapping[str, Callable[[float], str]]:
    """Return words for the values from ``least`` up; what lies beyond is said as the nearest."""

    def word(words: Sequence[str], value: float) -> str:
        return words[min(max(round(value) - least, 0), len(words) - 1)]

    return {"en": lambda value: word(english, value), "ja": lambda value: word(japanese, value)}


_UNITS: Mapping[str, Mapping[str, Callable[[float], str]]] = {
    "days": {"en": _days, "ja": lambda value: f"{_rounded(round(value))}日"},
    "orders": {"en": _counted("order", "orders", none="no"), "ja": lambda value: f"{_rounded(value)}回"},
    "contacts": _noun("support contact", "support contacts", "件", none="no"),
    "topics": {"en": _counted("topic", "topics"), "ja": lambda value: f"{_rounded(value)}種類"},
    "channels": {"en": _counted("channel", "channels"), "ja": lambda value: f"{_rounded(value)}種類"},
    "hours": _noun("hour", "hours", "時間"),
    "answers": _noun("survey answer", "survey answers", "件", none="no"),
    "rating": dict.fromkeys(LANGUAGES, _rounded),
    "rating change": dict.fromkeys(LANGUAGES, lambda value: f"{round(value, 1):+g}"),
    "silence": _either(("answered", "left unanswered"), ("回答済み", "未回答")),
    "detractor": _either(("no detractor", "a detractor"), ("批判者ではない", "批判者")),
    "points": _noun("loyalty point", "loyalty points", "ポイント"),
    "direction": _either(("down", "sideways", "up"), ("下降", "横ばい", "上昇"), least=-1),
    "subscriptions": _noun("subscription", "subscriptions", "件", none="no"),
    "times": _noun("time", "times", "回"),
    "offers": _noun("offer", "offers", "件", none="no"),
    "campaigns": _noun("campaign", "campaigns", "件", none="no"),
    "lines": {"en": _counted("line", "lines"), "ja": lambda value: f"{_rounded(value)}行"},
    "pieces": {"en": _counted("piece", "pieces"), "ja": lambda value: f"{_rounded(value)}点"},
    "products": {"en": _counted("product", "products"), "ja": lambda value: f"{_rounded(value)}種類"},
    "categories": {"en": _counted("category", "categories"), "ja": lambda value: f"{_rounded(value)}種類"},
    "months": {"en": _counted("month", "months"), "ja": lambda value: f"{_rounded(value)}か月"},
    "share": {"en": lambda value: f"{value:.0%}", "ja": lambda value: f"{value:.0%}"},
    "log ratio": {
        "en": lambda value: f"×{math.exp(value):.2f}",
        "ja": lambda value: f"{math.exp(value):.2f}倍",
    },
    "ratio": {"en": _counted("times", "times"), "ja": lambda value: f"{_rounded(value)}倍"},
    "score": {"en": lambda value: f"{value:.0f}", "ja": lambda value: f"{value:.0f}"},
}
