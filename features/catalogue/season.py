"""The features of the time of the year, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.season import COMING_DAYS, PEAK
from features.catalogue.feature import Feature

__all__ = ["SEASON"]

_YOUNG = ("first order {days_since_first_order} ago", "初回購入は{days_since_first_order}前")
_NO_PEAK = (
    "no peak weeks known: they take a year of the shop's history",
    "繁忙期は不明（店舗の1年分の履歴が必要）",
)

_PEAKS = (
    Feature(
        "peak_order_share",
        "share",
        "season",
        f"orders in the shop's peak weeks, of all; a peak week has {PEAK} times the orders of the mean week "
        "of the last year; null before the shop has a year of history, or without such weeks",
        f"店舗の繁忙週（直近1年の週平均の{PEAK}倍以上）の購入の割合（店舗の履歴が1年以上の場合）",
        "{peak_order_share} of the orders in the shop's peak weeks",
        "購入の{peak_order_share}が店舗の繁忙期",
        *_NO_PEAK,
    ),
    Feature(
        "days_since_peak_order",
        "days",
        "season",
        "days since the last order in one of the shop's peak weeks",
        "店舗の繁忙週での最後の購入からの日数",
        "last order in a peak week {days_since_peak_order} ago",
        "繁忙期の最後の購入は{days_since_peak_order}前",
        "no order in a peak week so far",
        "繁忙期の購入はまだなし",
    ),
)

_YEAR_AGO = (
    *(
        Feature(
            f"orders_year_ago_{days}d",
            "orders",
            "season",
            f"orders a year ago in the same {days} days as those that follow; null for who came after them",
            f"1年前の同時期（今後{days}日間に当たる期間）の購入回数",
            f"{{orders_year_ago_{days}d}} in the {days} days that followed a year ago",
            f"1年前のその後{days}日間の購入は{{orders_year_ago_{days}d}}",
            *_YOUNG,
        )
        for days in COMING_DAYS
    ),
    *(
        Feature(
            f"gross_spend_year_ago_{days}d",
            "money",
            "season",
            f"paid a year ago in the same {days} days as those that follow; null for who came after them",
            f"1年前の同時期（今後{days}日間に当たる期間）の購入額（返金前）",
            f"{{gross_spend_year_ago_{days}d}} spent in the {days} days that followed a year ago",
            f"1年前のその後{days}日間の購入額は{{gross_spend_year_ago_{days}d}}",
            *_YOUNG,
        )
        for days in COMING_DAYS
    ),
)

_OWN_SEASON = (
    Feature(
        "month_order_share",
        "share",
        "season",
        "orders in the calendar month of the moment, of all; null before a year since the first",
        "基準日と同じ月の購入の割合（初回購入から1年以上の場合）",
        "{month_order_share} of the orders in this month of the year",
        "購入の{month_order_share}がこの月",
        *_YOUNG,
    ),
    Feature(
        "yearly_gap_share",
        "share",
        "season",
        "intervals between orders within 45 days of one year, or of several, of all; null below two orders",
        "購入間隔のうち1年（またはその倍数）から45日以内の割合（2回以上の場合）",
        "{yearly_gap_share} of the intervals between orders about a year",
        "購入間隔の{yearly_gap_share}がほぼ1年",
        "only one order so far",
        "購入はまだ1回のみ",
    ),
    Feature(
        "season_concentration",
        "share",
        "season",
        "how near the orders lie in the year (mean resultant length of the days of the year): 1 = all on one "
        "day of the year, 0 = all round it; null below two orders, and before a year since the first",
        "購入時期の年内での集中度（1は毎年同じ日、0は年間に分散。2回以上で初回購入から1年以上の場合）",
        "orders {season_concentration} in step with the time of the year",
        "購入時期の季節集中度は{season_concentration}",
        *_YOUNG,
    ),
    Feature(
        "days_to_usual_season",
        "days",
        "season",
        "days until the own usual time of the year (the mean direction of the orders' days of the year); "
        "null where the concentration is below one half",
        "通常の購入時期までの日数（集中度0.5以上の場合）",
        "{days_to_usual_season} until the usual time of the year",
        "通常の購入時期まで{days_to_usual_season}",
        "no usual time of the year",
        "決まった購入時期なし",
    ),
    Feature(
        "once_a_year",
        "flag",
        "season",
        "1 where the orders lie in different years, all within about 45 days of the same day of the year, "
        "otherwise 0; null below two orders, and before a year since the first",
        "毎年ほぼ同じ時期だけに購入していれば1、そうでなければ0（2回以上で初回購入から1年以上の場合）",
        "{orders_per_year} a year since the first; {yearly_gap_share} of the intervals about a year",
        "初回以降の購入は年{orders_per_year}、購入間隔の{yearly_gap_share}がほぼ1年",
        *_YOUNG,
    ),
)

SEASON = tuple(replace(feature, family="season") for feature in (*_PEAKS, *_YEAR_AGO, *_OWN_SEASON))
