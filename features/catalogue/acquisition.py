"""The features of how a customer was won, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.levels import LEVEL_DAYS
from features.catalogue.feature import Feature

__all__ = ["ACQUISITION"]

_NO_SIGNUP = ("no sign-up recorded", "登録日の記録なし")

_WON = (
    Feature(
        "days_since_signup",
        "days",
        "tenure",
        "days since signing up",
        "登録からの日数",
        "signed up {days_since_signup} ago",
        "登録は{days_since_signup}前",
        *_NO_SIGNUP,
        ("customers.signed_up_at",),
    ),
    Feature(
        "signup_to_first_order_days",
        "days",
        "tenure",
        "days from signing up to the first order; below 0 where the order came first",
        "登録から初回購入までの日数（購入が先なら負）",
        "{signup_to_first_order_days} from signing up to the first order",
        "登録から初回購入まで{signup_to_first_order_days}",
        *_NO_SIGNUP,
        ("customers.signed_up_at",),
    ),
    Feature(
        "acquisition_cost",
        "money",
        "acquisition",
        "what winning the customer cost",
        "顧客獲得費用",
        "cost {acquisition_cost} to win",
        "獲得費用は{acquisition_cost}",
        "no acquisition cost recorded",
        "獲得費用の記録なし",
        ("customers.acquisition_cost",),
    ),
    Feature(
        "acquisition_channel_mean_spend",
        "money",
        "acquisition",
        f"what the customers who came by the same channel spent on average in the last {LEVEL_DAYS} days",
        f"同じ獲得経路の顧客の直近{LEVEL_DAYS}日間の平均購入額",
        "came by a channel whose customers spend {acquisition_channel_mean_spend} in "
        f"{LEVEL_DAYS} days on average",
        f"同じ獲得経路の顧客の平均購入額は{LEVEL_DAYS}日間で{{acquisition_channel_mean_spend}}",
        "no acquisition channel recorded",
        "獲得経路の記録なし",
        ("customers.acquisition_channel",),
    ),
)

ACQUISITION = tuple(replace(feature, family="acquisition") for feature in _WON)
