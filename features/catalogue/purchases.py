"""The features of orders and money, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.purchases import DECAY_DAYS, SPEND_DECAY_DAYS, TREND_DAYS, WINDOW_DAYS
from features.catalogue.feature import Feature

__all__ = ["PURCHASES"]

_NEVER_PAID = ("no paid order so far", "支払いのある購入はまだなし")
_NO_MARGIN = ("no margin recorded", "粗利の記録なし")

_ORDERS = (
    Feature(
        "orders",
        "orders",
        "frequency",
        "days with a purchase, ever",
        "購入のあった日数（同じ日の購入は1回）",
        "{orders} so far",
        "これまでの購入は{orders}",
    ),
    Feature(
        "paid_orders",
        "orders",
        "frequency",
        "days with something paid, ever",
        "支払いのあった日数",
        "{paid_orders} with a payment, of {orders} in all",
        "支払いのあった購入は{paid_orders}（全{orders}）",
    ),
    *(
        Feature(
            f"orders_{window}d",
            "orders",
            "frequency",
            f"orders in the last {window} days",
            f"直近{window}日間の購入回数",
            f"{{orders_{window}d}} in the last {window} days",
            f"直近{window}日間の購入は{{orders_{window}d}}",
        )
        for window in WINDOW_DAYS
    ),
    Feature(
        "orders_trend",
        "log ratio",
        "trend",
        f"log ratio of the orders of the last {TREND_DAYS} days to those of the {TREND_DAYS} days before, "
        "half an order added to each; null until both were lived",
        f"直近{TREND_DAYS}日間とその前の{TREND_DAYS}日間の購入回数の対数比（両方に0.5を加算）",
        "{orders_91d} in the last 91 days, {orders_182d} in the last 182",
        "購入は直近91日間で{orders_91d}、直近182日間で{orders_182d}",
        "first order {days_since_first_order} ago",
        "初回購入は{days_since_first_order}前",
    ),
    *(
        Feature(
            f"decayed_orders_{tau}d",
            "orders",
            "frequency",
            f"orders, each weighing exp(-age / {tau} days)",
            f"古いほど軽く数えた購入回数（時定数{tau}日）",
            f"{{orders_{window}d}} in the last {window} days, {{orders}} in all",
            f"購入は直近{window}日間で{{orders_{window}d}}、累計{{orders}}",
        )
        for tau, window in zip(DECAY_DAYS, (28, 91, 364), strict=True)
    ),
    Feature(
        "frequency_score",
        "score",
        "frequency",
        "fifth of all customers by orders, 5 = the most",
        "購入回数による5段階評価（5が最多）",
        "{orders} so far: {frequency_score} on a scale of 5",
        "購入は{orders}、5段階中{frequency_score}",
    ),
)

_MONEY = (
    Feature(
        "gross_spend",
        "money",
        "value",
        "paid, ever, before refunds",
        "累計購入額（返金前）",
        "{gross_spend} spent so far",
        "これまでの購入額は{gross_spend}",
    ),
    *(
        Feature(
            f"gross_spend_{window}d",
            "money",
            "value",
            f"paid in the last {window} days, before refunds",
            f"直近{window}日間の購入額（返金前）",
            f"{{gross_spend_{window}d}} spent in the last {window} days",
            f"直近{window}日間の購入額は{{gross_spend_{window}d}}",
        )
        for window in WINDOW_DAYS
    ),
    Feature(
        "spend_trend",
        "log ratio",
        "trend",
        f"log ratio of the spend of the last {TREND_DAYS} days to that of the {TREND_DAYS} days before, in "
        "units of the own mean order, half an order added to each; null until both were lived",
        f"直近{TREND_DAYS}日間とその前の{TREND_DAYS}日間の購入額の対数比（平均購入額の半分を両方に加算）",
        "{gross_spend_91d} spent in the last 91 days, {gross_spend_182d} in the last 182",
        "購入額は直近91日間で{gross_spend_91d}、直近182日間で{gross_spend_182d}",
        "{gross_spend} spent so far, the first order {days_since_first_order} ago",
        "購入額は累計{gross_spend}、初回購入は{days_since_first_order}前",
    ),
    Feature(
        f"decayed_spend_{SPEND_DECAY_DAYS}d",
        "money",
        "value",
        f"spend, each order weighing exp(-age / {SPEND_DECAY_DAYS} days)",
        f"古いほど軽く数えた購入額（時定数{SPEND_DECAY_DAYS}日）",
        "{gross_spend_91d} spent in the last 91 days, {gross_spend} in all",
        "購入額は直近91日間で{gross_spend_91d}、累計{gross_spend}",
    ),
    Feature(
        "net_revenue",
        "money",
        "value",
        "paid less refunded, ever",
        "累計購入額（返金後）",
        "{net_revenue} spent so far, after refunds",
        "返金を除くこれまでの購入額は{net_revenue}",
    ),
)

_VALUES = (
    Feature(
        "mean_order_value",
        "money",
        "value",
        "mean of the paid orders, before refunds",
        "平均購入額（支払いのあった購入）",
        "{mean_order_value} an order on average",
        "平均購入額は{mean_order_value}",
        *_NEVER_PAID,
    ),
    Feature(
        "first_order_value",
        "money",
        "value",
        "paid on the first order",
        "初回購入額",
        "first order worth {first_order_value}",
        "初回購入額は{first_order_value}",
    ),
    Feature(
        "last_order_value",
        "money",
        "value",
        "paid on the last order",
        "直近の購入額",
        "last order worth {last_order_value}; {mean_order_value} on average",
        "直近の購入額は{last_order_value}（平均{mean_order_value}）",
        *_NEVER_PAID,
    ),
    Feature(
        "max_order_value",
        "money",
        "value",
        "the largest order",
        "最高購入額",
        "largest order {max_order_value}",
        "最高購入額は{max_order_value}",
        *_NEVER_PAID,
    ),
    Feature(
        "order_value_spread",
        "log ratio",
        "value",
        "standard deviation of the natural logarithm of the paid orders' values; null below two",
        "購入額の自然対数の標準偏差（2回以上の場合）",
        "orders vary by about {order_value_spread} in value",
        "購入額のばらつきは約{order_value_spread}",
        "fewer than two paid orders so far",
        "支払いのある購入は2回未満",
    ),
)

_MARGIN = tuple(
    replace(feature, needs=("transactions.margin",))
    for feature in (
        Feature(
            "margin_total",
            "money",
            "margin",
            "gross margin, ever",
            "累計粗利",
            "{margin_total} of margin so far",
            "これまでの粗利は{margin_total}",
            *_NO_MARGIN,
        ),
        *(
            Feature(
                f"margin_{window}d",
                "money",
                "margin",
                f"gross margin in the last {window} days",
                f"直近{window}日間の粗利",
                f"{{margin_{window}d}} of margin in the last {window} days",
                f"直近{window}日間の粗利は{{margin_{window}d}}",
                *_NO_MARGIN,
            )
            for window in WINDOW_DAYS
        ),
        Feature(
            "margin_rate",
            "share",
            "margin",
            "gross margin of what was paid less refunded; null where nothing is left of it",
            "購入額（返金後）に対する粗利の割合",
            "{margin_rate} of the spend is margin",
            "購入額の{margin_rate}が粗利",
            "{net_revenue} spent so far, after refunds",
            "返金を除くこれまでの購入額は{net_revenue}",
        ),
        Feature(
            "margin_trend",
            "log ratio",
            "trend",
            f"log ratio of the margin of the last {TREND_DAYS} days to that of the {TREND_DAYS} days before, "
            "in units of the own mean order's, half an order added to each; null until both were lived, and "
            "where there is no margin",
            f"直近{TREND_DAYS}日間とその前の{TREND_DAYS}日間の粗利の対数比（平均粗利の半分を両方に加算）",
            "{margin_91d} of margin in the last 91 days, {margin_182d} in the last 182",
            "粗利は直近91日間で{margin_91d}、直近182日間で{margin_182d}",
            "first order {days_since_first_order} ago",
            "初回購入は{days_since_first_order}前",
        ),
    )
)

PURCHASES = tuple(replace(feature, family="purchases") for feature in (*_ORDERS, *_MONEY, *_VALUES, *_MARGIN))
