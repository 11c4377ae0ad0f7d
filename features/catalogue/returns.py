"""The features of what is given back, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.returns import REFUND_WINDOW_DAYS
from features.catalogue.feature import Feature

__all__ = ["RETURNS"]

_NEVER_PAID = ("no paid order so far", "支払いのある購入はまだなし")
_NO_REFUND = ("no refund so far", "返金はまだなし")
_BY_PRODUCT = ("transactions.product_id",)

_REFUNDS = (
    Feature(
        "refund_total",
        "money",
        "refunds",
        "refunded, ever",
        "累計返金額",
        "{refund_total} refunded so far",
        "これまでの返金額は{refund_total}",
    ),
    *(
        Feature(
            f"refund_total_{window}d",
            "money",
            "refunds",
            f"refunded in the last {window} days",
            f"直近{window}日間の返金額",
            f"{{refund_total_{window}d}} refunded in the last {window} days",
            f"直近{window}日間の返金額は{{refund_total_{window}d}}",
        )
        for window in REFUND_WINDOW_DAYS
    ),
    Feature(
        "refund_share",
        "share",
        "refunds",
        "refunded of what was paid",
        "購入額に対する返金額の割合",
        "{refund_share} of the spend refunded",
        "購入額の{refund_share}が返金",
        *_NEVER_PAID,
    ),
    Feature(
        "refund_share_364d",
        "share",
        "refunds",
        "refunded in the last 364 days, of what was paid in them",
        "直近364日間の購入額に対する返金額の割合",
        "{refund_share_364d} of the spend of the last 364 days refunded",
        "直近364日間の購入額の{refund_share_364d}が返金",
        "{gross_spend_364d} spent in the last 364 days",
        "直近364日間の購入額は{gross_spend_364d}",
    ),
    Feature(
        "refunds_per_order",
        "ratio",
        "refunds",
        "days with a refund, an order",
        "1回の購入あたりの返金日数",
        "{refunds_per_order} as many days with a refund as orders",
        "返金のあった日数は購入回数の{refunds_per_order}",
    ),
)

_TIMES = (
    Feature(
        "days_since_last_refund",
        "days",
        "refunds",
        "days since the last refund",
        "最後の返金からの日数",
        "last refund {days_since_last_refund} ago",
        "最後の返金は{days_since_last_refund}前",
        *_NO_REFUND,
    ),
    Feature(
        "refunded_since_last_order",
        "flag",
        "refunds",
        "1 where something was refunded on the day of the last order or since, otherwise 0",
        "最終購入日以降に返金があれば1、なければ0",
        "last refund {days_since_last_refund} ago, last order {days_since_last_order} ago",
        "最後の返金は{days_since_last_refund}前、最終購入は{days_since_last_order}前",
        *_NO_REFUND,
    ),
    Feature(
        "returned_product_share",
        "share",
        "refunds",
        "products given back after they were bought, of all products bought",
        "購入した商品のうち返品した商品の割合",
        "{returned_product_share} of the products given back",
        "購入した商品の{returned_product_share}を返品",
        "no products recorded",
        "商品の記録なし",
        needs=_BY_PRODUCT,
    ),
    Feature(
        "mean_days_to_return",
        "days",
        "refunds",
        "mean days from the purchase of a product to its first return, over products bought on one day only",
        "購入から返品までの平均日数（1日だけ購入した商品）",
        "given back {mean_days_to_return} after the purchase on average",
        "購入から返品まで平均{mean_days_to_return}",
        "no return that belongs to one purchase",
        "1回の購入に対応する返品なし",
        needs=_BY_PRODUCT,
    ),
)

RETURNS = tuple(replace(feature, family="returns") for feature in (*_REFUNDS, *_TIMES))
