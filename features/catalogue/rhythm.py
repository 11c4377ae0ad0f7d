"""The features of time, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.rhythm import EVENING_HOUR
from features.catalogue.feature import Feature

__all__ = ["RHYTHM"]

_ONE_ORDER = ("only one order so far", "購入はまだ1回のみ")
_TWO_ORDERS = ("fewer than three orders so far", "購入はまだ3回未満")

_SINCE = (
    Feature(
        "days_since_first_order",
        "days",
        "tenure",
        "days since the first order",
        "初回購入からの日数",
        "first order {days_since_first_order} ago",
        "初回購入は{days_since_first_order}前",
    ),
    Feature(
        "days_since_last_order",
        "days",
        "recency",
        "days since the last order",
        "最終購入からの日数",
        "last order {days_since_last_order} ago; usually every {median_gap_days}",
        "最終購入は{days_since_last_order}前（通常は{median_gap_days}間隔）",
        "last order {days_since_last_order} ago",
        "最終購入は{days_since_last_order}前",
    ),
    Feature(
        "days_since_second_last_order",
        "days",
        "recency",
        "days since the order before the last",
        "最後から2番目の購入からの日数",
        "the last two orders {days_since_last_order} and {days_since_second_last_order} ago",
        "最近2回の購入は{days_since_last_order}前と{days_since_second_last_order}前",
        *_ONE_ORDER,
    ),
    Feature(
        "days_since_third_last_order",
        "days",
        "recency",
        "days since the last order but two",
        "最後から3番目の購入からの日数",
        "three orders in the last {days_since_third_last_order}",
        "直近{days_since_third_last_order}間に購入は3回",
        *_TWO_ORDERS,
    ),
    Feature(
        "recency_score",
        "score",
        "recency",
        "fifth of all customers by days since the last order, 5 = the latest",
        "最終購入日による5段階評価（5が最近）",
        "last order {days_since_last_order} ago: {recency_score} on a scale of 5",
        "最終購入は{days_since_last_order}前、5段階中{recency_score}",
    ),
)

_GAPS = (
    Feature(
        "last_gap_days",
        "days",
        "rhythm",
        "days between the last two orders",
        "直近2回の購入の間隔日数",
        "{last_gap_days} between the last two orders",
        "直近2回の購入の間隔は{last_gap_days}",
        *_ONE_ORDER,
    ),
    Feature(
        "mean_gap_days",
        "days",
        "rhythm",
        "mean of the days between orders",
        "平均購入間隔日数",
        "{mean_gap_days} between orders on average",
        "購入間隔は平均{mean_gap_days}",
        *_ONE_ORDER,
    ),
    Feature(
        "median_gap_days",
        "days",
        "rhythm",
        "median of the days between orders",
        "購入間隔日数の中央値",
        "usually orders every {median_gap_days}",
        "通常の購入間隔は{median_gap_days}",
        *_ONE_ORDER,
    ),
    Feature(
        "min_gap_days",
        "days",
        "rhythm",
        "the fewest days between two orders",
        "最短の購入間隔日数",
        "{min_gap_days} between orders at the shortest",
        "最短の購入間隔は{min_gap_days}",
        *_ONE_ORDER,
    ),
    Feature(
        "max_gap_days",
        "days",
        "rhythm",
        "the most days between two orders",
        "最長の購入間隔日数",
        "{max_gap_days} between orders at the longest",
        "最長の購入間隔は{max_gap_days}",
        *_ONE_ORDER,
    ),
    Feature(
        "sd_gap_days",
        "days",
        "rhythm",
        "standard deviation of the days between orders",
        "購入間隔日数の標準偏差",
        "{mean_gap_days} between orders on average, give or take {sd_gap_days}",
        "購入間隔は平均{mean_gap_days}（±{sd_gap_days}）",
        *_TWO_ORDERS,
    ),
    Feature(
        "cv_gap",
        "ratio",
        "rhythm",
        "standard deviation of the days between orders, in units of their mean: 0 = clockwork, 1 = at random",
        "購入間隔の変動係数（0は規則的、1は不規則）",
        "{mean_gap_days} between orders on average, {min_gap_days} to {max_gap_days}",
        "購入間隔は平均{mean_gap_days}（{min_gap_days}～{max_gap_days}）",
        *_TWO_ORDERS,
    ),
    Feature(
        "last_to_mean_gap",
        "ratio",
        "trend",
        "the last interval between orders, in units of their mean",
        "平均購入間隔に対する直近の購入間隔の倍率",
        "the last interval between orders {last_gap_days}; {mean_gap_days} on average",
        "直近の購入間隔は{last_gap_days}（平均{mean_gap_days}）",
        *_ONE_ORDER,
    ),
    Feature(
        "lateness",
        "ratio",
        "lateness",
        "days since the last order, in units of the own median interval",
        "通常の購入間隔に対する最終購入からの日数の倍率",
        "{lateness} the usual interval has passed since the last order",
        "最終購入から通常の購入間隔の{lateness}が経過",
        *_ONE_ORDER,
    ),
    Feature(
        "lateness_sd",
        "ratio",
        "lateness",
        "days since the last order beyond the own mean interval, in standard deviations of the intervals",
        "平均購入間隔からの遅れ（標準偏差単位）",
        "last order {days_since_last_order} ago; usually {mean_gap_days}, give or take {sd_gap_days}",
        "最終購入は{days_since_last_order}前（購入間隔は平均{mean_gap_days}±{sd_gap_days}）",
        "last order {days_since_last_order} ago",
        "最終購入は{days_since_last_order}前",
    ),
)

_HABITS = (
    Feature(
        "orders_per_year",
        "orders",
        "frequency",
        "orders after the first, a year since the first",
        "初回購入以降の年間購入回数",
        "{orders_per_year} a year since the first",
        "初回以降の購入は年{orders_per_year}",
        "first order only today",
        "初回購入は当日",
    ),
    Feature(
        "active_months",
        "months",
        "frequency",
        "calendar months with an order",
        "購入のあった月数",
        "orders in {active_months} so far",
        "購入のあった月は{active_months}",
    ),
    Feature(
        "weekend_share",
        "share",
        "habits",
        "orders on Saturday or Sunday, of all",
        "土日の購入の割合",
        "{weekend_share} of the orders at weekends",
        "購入の{weekend_share}が土日",
    ),
    Feature(
        "favourite_weekday_share",
        "share",
        "habits",
        "orders on the own most frequent weekday, of all; null below two",
        "最も多い曜日の購入の割合（2回以上の場合）",
        "{favourite_weekday_share} of the orders on the same weekday",
        "購入の{favourite_weekday_share}が同じ曜日",
        *_ONE_ORDER,
    ),
    Feature(
        "evening_share",
        "share",
        "habits",
        f"orders begun at {EVENING_HOUR}:00 or later, of those whose time of day is recorded",
        f"{EVENING_HOUR}時以降の購入の割合（時刻の記録がある購入のうち）",
        f"{{evening_share}} of the orders from {EVENING_HOUR}:00 on",
        f"購入の{{evening_share}}が{EVENING_HOUR}時以降",
        "no time of day recorded",
        "購入時刻の記録なし",
    ),
)

RHYTHM = tuple(replace(feature, family="rhythm") for feature in (*_SINCE, *_GAPS, *_HABITS))
