"""The features of the loyalty programme, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.levels import LEVEL_DAYS
from features.behaviour.loyalty import POINTS_WINDOW_DAYS
from features.catalogue.feature import Feature

__all__ = ["LOYALTY"]

_NO_MEMBER = ("no loyalty membership recorded", "会員登録の記録なし")
_NO_TIER = ("no loyalty tier recorded", "会員ランクの記録なし")
_NO_MOVE = ("no change of the loyalty tier recorded", "会員ランクの変更記録なし")

_TIERS = tuple(
    replace(feature, needs=("loyalty.tier",))
    for feature in (
        Feature(
            "tier_mean_spend",
            "money",
            "tier",
            f"what the customers of the same loyalty tier spent on average in the last {LEVEL_DAYS} days",
            f"同じ会員ランクの顧客の直近{LEVEL_DAYS}日間の平均購入額",
            f"in a loyalty tier that spends {{tier_mean_spend}} in {LEVEL_DAYS} days on average",
            f"同じ会員ランクの平均購入額は{LEVEL_DAYS}日間で{{tier_mean_spend}}",
            *_NO_TIER,
        ),
        Feature(
            "tier_changes",
            "times",
            "tier",
            "moves to another loyalty tier, ever",
            "会員ランクの累計変更回数",
            "loyalty tier changed {tier_changes} so far",
            "これまでの会員ランクの変更は{tier_changes}",
            *_NO_TIER,
            zero_without_rows=True,
        ),
        Feature(
            "days_since_tier_change",
            "days",
            "tier",
            "days since the last move to another loyalty tier",
            "最後の会員ランク変更からの日数",
            "loyalty tier changed {days_since_tier_change} ago",
            "最後の会員ランク変更は{days_since_tier_change}前",
            *_NO_MOVE,
        ),
        Feature(
            "last_tier_move",
            "direction",
            "tier",
            "the last move to another loyalty tier: 1 to one whose customers spend more, -1 to one whose "
            "customers spend less",
            "直近の会員ランク変更の方向（平均購入額の多いランクへは1、少ないランクへは-1）",
            "moved {last_tier_move} in the loyalty tiers {days_since_tier_change} ago",
            "{days_since_tier_change}前に会員ランクが{last_tier_move}",
            *_NO_MOVE,
        ),
    )
)

_POINTS = tuple(
    replace(feature, needs=("loyalty.points",))
    for feature in (
        Feature(
            "loyalty_points",
            "points",
            "points",
            "balance of loyalty points",
            "保有ポイント",
            "a balance of {loyalty_points}",
            "保有ポイントは{loyalty_points}",
            "no loyalty points recorded",
            "ポイントの記録なし",
        ),
        Feature(
            f"points_change_{POINTS_WINDOW_DAYS}d",
            "points",
            "points",
            f"change of the balance of loyalty points within {POINTS_WINDOW_DAYS} days; null where there was "
            "none before",
            f"直近{POINTS_WINDOW_DAYS}日間のポイント増減（それ以前の記録がある場合）",
            f"balance changed by {{points_change_{POINTS_WINDOW_DAYS}d}} in {POINTS_WINDOW_DAYS} days",
            f"直近{POINTS_WINDOW_DAYS}日間のポイント増減は{{points_change_{POINTS_WINDOW_DAYS}d}}",
            f"no loyalty points recorded {POINTS_WINDOW_DAYS} days ago",
            f"{POINTS_WINDOW_DAYS}日前のポイントの記録なし",
        ),
    )
)

_MEMBERSHIP = (
    Feature(
        "loyalty_age_days",
        "days",
        "loyalty",
        "days since joining the loyalty programme",
        "会員登録からの日数",
        "joined the loyalty programme {loyalty_age_days} ago",
        "会員登録は{loyalty_age_days}前",
        *_NO_MEMBER,
    ),
    Feature(
        "days_to_loyalty_anniversary",
        "days",
        "loyalty",
        "days to the next anniversary of joining the loyalty programme",
        "次の会員登録記念日までの日数",
        "{days_to_loyalty_anniversary} to the anniversary of joining the loyalty programme",
        "会員登録記念日まで{days_to_loyalty_anniversary}",
        *_NO_MEMBER,
    ),
)

LOYALTY = (
    *(replace(feature, family="loyalty", needs=("loyalty",)) for feature in _MEMBERSHIP),
    *(replace(feature, family="loyalty") for feature in (*_TIERS, *_POINTS)),
)
