"""The features of subscriptions, in words."""

from __future__ import annotations

from dataclasses import replace

from features.catalogue.feature import Feature

__all__ = ["SUBSCRIPTION"]

_NONE = ("no subscription recorded", "定期契約の記録なし")
_NONE_RUNNING = ("no running subscription recorded", "継続中の定期契約の記録なし")
_NEEDS_ENDS = ("subscriptions.ended_at",)
_NEEDS_AMOUNTS = ("subscriptions.monthly_amount",)

_COURSE = (
    Feature(
        "subscriptions",
        "subscriptions",
        "subscription",
        "subscriptions begun, ever",
        "定期契約の累計開始数",
        "{subscriptions} so far",
        "これまでの定期契約は{subscriptions}",
        *_NONE,
        zero_without_rows=True,
    ),
    Feature(
        "active_subscriptions",
        "subscriptions",
        "subscription",
        "subscriptions that have not ended",
        "継続中の定期契約数",
        "{active_subscriptions} running now",
        "継続中の定期契約は{active_subscriptions}",
        *_NONE,
        zero_without_rows=True,
    ),
    Feature(
        "ended_subscriptions",
        "subscriptions",
        "subscription",
        "subscriptions that have ended",
        "終了した定期契約数",
        "{ended_subscriptions} ended so far",
        "終了した定期契約は{ended_subscriptions}",
        *_NONE,
        _NEEDS_ENDS,
        zero_without_rows=True,
    ),
    Feature(
        "days_since_subscription_end",
        "days",
        "subscription",
        "days since a subscription last ended",
        "最後の定期契約終了からの日数",
        "a subscription ended {days_since_subscription_end} ago",
        "最後の定期契約終了は{days_since_subscription_end}前",
        "no ended subscription recorded",
        "終了した定期契約の記録なし",
        _NEEDS_ENDS,
    ),
    Feature(
        "subscription_age_days",
        "days",
        "subscription",
        "days since the first subscription began",
        "最初の定期契約開始からの日数",
        "first subscription begun {subscription_age_days} ago",
        "最初の定期契約開始は{subscription_age_days}前",
        *_NONE,
    ),
    Feature(
        "subscription_pauses",
        "times",
        "subscription",
        "times that a subscription began after a day or more without any",
        "定期契約の中断回数（契約のない日をはさんだ再開）",
        "subscription interrupted {subscription_pauses}",
        "定期契約の中断は{subscription_pauses}",
        *_NONE,
        _NEEDS_ENDS,
        zero_without_rows=True,
    ),
    Feature(
        "plan_moves",
        "times",
        "plan",
        "subscriptions begun with another plan than the one before",
        "定期契約のプラン変更回数",
        "subscription plan changed {plan_moves}",
        "定期契約のプラン変更は{plan_moves}",
        *_NONE,
        ("subscriptions.plan",),
        zero_without_rows=True,
    ),
)

_AMOUNTS = (
    Feature(
        "subscription_monthly_amount",
        "money",
        "plan",
        "what a month of the running subscriptions costs",
        "継続中の定期契約の月額",
        "running subscriptions cost {subscription_monthly_amount} a month",
        "継続中の定期契約は月額{subscription_monthly_amount}",
        *_NONE_RUNNING,
        _NEEDS_AMOUNTS,
    ),
    Feature(
        "monthly_amount_change",
        "money",
        "plan",
        "monthly amount of the last subscription less that of the one before",
        "直近の定期契約の月額の増減（前回との差）",
        "monthly amount of the subscription changed by {monthly_amount_change}",
        "定期契約の月額の増減は{monthly_amount_change}",
        "no earlier subscription recorded",
        "以前の定期契約の記録なし",
        _NEEDS_AMOUNTS,
    ),
)

_RENEWALS = (
    Feature(
        "days_to_monthly_renewal",
        "days",
        "renewal",
        "days to the day of the month on which a running subscription began",
        "次の月次更新日までの日数",
        "{days_to_monthly_renewal} to the next monthly renewal",
        "次の月次更新日まで{days_to_monthly_renewal}",
        *_NONE_RUNNING,
    ),
    Feature(
        "days_to_yearly_renewal",
        "days",
        "renewal",
        "days to the day of the year on which a running subscription began",
        "次の年次更新日までの日数",
        "{days_to_yearly_renewal} to the next yearly renewal",
        "次の年次更新日まで{days_to_yearly_renewal}",
        *_NONE_RUNNING,
    ),
)

SUBSCRIPTION = tuple(
    replace(
        feature,
        family="subscription",
        needs=("subscriptions",) if feature.needs == ("transactions",) else feature.needs,
    )
    for feature in (*_COURSE, *_AMOUNTS, *_RENEWALS)
)
