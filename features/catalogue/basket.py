"""The features of what is bought, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from features.behaviour.lines import RECENT_DAYS
from features.catalogue.feature import Feature

__all__ = ["BASKET"]

_ONE_ORDER = ("only one order so far", "購入はまだ1回のみ")
_NO_PRODUCTS = ("no products recorded", "商品の記録なし")
_NO_CATEGORIES = ("no categories recorded", "カテゴリーの記録なし")
_NO_QUANTITIES = ("no quantities recorded", "数量の記録なし")
_NO_CHANNELS = ("no channel recorded", "購入経路の記録なし")
_RECENT_ORDERS = (
    f"{{orders_{RECENT_DAYS}d}} in the last {RECENT_DAYS} days",
    f"直近{RECENT_DAYS}日間の購入は{{orders_{RECENT_DAYS}d}}",
)

_SIZES = (
    Feature(
        "lines_per_order",
        "lines",
        "basket",
        "purchase lines an order",
        "1回の購入あたりの明細行数",
        "{lines_per_order} an order",
        "1回の購入あたりの明細は{lines_per_order}",
    ),
    Feature(
        "last_order_lines",
        "lines",
        "basket",
        "purchase lines of the last order",
        "直近の購入の明細行数",
        "{last_order_lines} in the last order",
        "直近の購入の明細は{last_order_lines}",
    ),
    Feature(
        "last_to_mean_lines",
        "ratio",
        "basket",
        "purchase lines of the last order, in units of their mean; null below two orders",
        "平均に対する直近の購入の明細行数の倍率（2回以上の場合）",
        "{last_order_lines} in the last order; {lines_per_order} on average",
        "直近の購入の明細は{last_order_lines}（平均{lines_per_order}）",
    ),
    Feature(
        "lines_trend",
        "log ratio",
        "basket",
        f"log ratio of the purchase lines an order of the last {RECENT_DAYS} days to those of orders before",
        f"直近{RECENT_DAYS}日間とそれ以前の1回あたり明細行数の対数比",
        f"{{orders_{RECENT_DAYS}d}} in the last {RECENT_DAYS} days; {{lines_per_order}} an order, ever",
        f"直近{RECENT_DAYS}日間の購入は{{orders_{RECENT_DAYS}d}}、明細は累計平均{{lines_per_order}}",
    ),
)

_PIECES = (
    Feature(
        "pieces_per_order",
        "pieces",
        "basket",
        "pieces bought an order",
        "1回の購入あたりの数量",
        "{pieces_per_order} an order",
        "1回の購入あたりの数量は{pieces_per_order}",
        *_NO_QUANTITIES,
    ),
    Feature(
        "mean_unit_price",
        "money",
        "price",
        "mean price of a piece bought",
        "購入した商品の平均単価",
        "{mean_unit_price} a piece on average",
        "平均単価は{mean_unit_price}",
        *_NO_QUANTITIES,
    ),
    Feature(
        "price_score",
        "score",
        "price",
        "fifth of all customers by the mean price of a piece, 5 = the dearest",
        "平均単価による5段階評価（5が高価格帯）",
        "{mean_unit_price} a piece on average: {price_score} on a scale of 5",
        "平均単価は{mean_unit_price}、5段階中{price_score}",
        *_NO_QUANTITIES,
    ),
)

_PRODUCTS = (
    Feature(
        "products",
        "products",
        "breadth",
        "different products bought, ever",
        "購入した商品の種類数",
        "{products} so far",
        "これまでに購入した商品は{products}",
        *_NO_PRODUCTS,
    ),
    Feature(
        f"products_{RECENT_DAYS}d",
        "products",
        "breadth",
        f"different products bought in the last {RECENT_DAYS} days",
        f"直近{RECENT_DAYS}日間に購入した商品の種類数",
        f"{{products_{RECENT_DAYS}d}} in the last {RECENT_DAYS} days, {{products}} in all",
        f"購入した商品は直近{RECENT_DAYS}日間で{{products_{RECENT_DAYS}d}}、累計{{products}}",
        *_NO_PRODUCTS,
    ),
    Feature(
        "products_364d",
        "products",
        "breadth",
        "different products bought in the last 364 days",
        "直近364日間に購入した商品の種類数",
        "{products_364d} in the last 364 days, {products} in all",
        "購入した商品は直近364日間で{products_364d}、累計{products}",
        *_NO_PRODUCTS,
    ),
    Feature(
        "product_concentration",
        "share",
        "breadth",
        "chance that two lines drawn at random share the product (Herfindahl index): 1 = always the same",
        "商品の集中度（明細行数によるハーフィンダール指数、1は常に同じ商品）",
        "{products} so far, {lines_per_order} an order",
        "これまでに購入した商品は{products}、1回あたりの明細は{lines_per_order}",
        *_NO_PRODUCTS,
    ),
    Feature(
        "repeat_product_share",
        "share",
        "novelty",
        "products bought on two days or more, of all products bought",
        "2日以上で購入した商品の割合",
        "{repeat_product_share} of the products bought again",
        "購入した商品の{repeat_product_share}を再購入",
        *_NO_PRODUCTS,
    ),
    Feature(
        f"new_product_share_{RECENT_DAYS}d",
        "share",
        "novelty",
        f"products never bought before, of those bought in the last {RECENT_DAYS} days",
        f"直近{RECENT_DAYS}日間に購入した商品のうち初めて購入したものの割合",
        f"{{new_product_share_{RECENT_DAYS}d}} of the products of the last {RECENT_DAYS} days new to them",
        f"直近{RECENT_DAYS}日間に購入した商品の{{new_product_share_{RECENT_DAYS}d}}が初めての商品",
        *_RECENT_ORDERS,
    ),
)

_CATEGORIES = (
    Feature(
        "categories",
        "categories",
        "breadth",
        "different categories bought from, ever",
        "購入したカテゴリー数",
        "{categories} so far",
        "これまでに購入したカテゴリーは{categories}",
        *_NO_CATEGORIES,
    ),
    Feature(
        "categories_364d",
        "categories",
        "breadth",
        "different categories bought from in the last 364 days",
        "直近364日間に購入したカテゴリー数",
        "{categories_364d} in the last 364 days, {categories} in all",
        "購入したカテゴリーは直近364日間で{categories_364d}、累計{categories}",
        *_NO_CATEGORIES,
    ),
    Feature(
        "category_concentration",
        "share",
        "breadth",
        "chance that two lines drawn at random share the category (Herfindahl index): 1 = always the same",
        "カテゴリーの集中度（明細行数によるハーフィンダール指数、1は常に同じカテゴリー）",
        "{categories} so far, {main_category_share} of the lines from one",
        "これまでに購入したカテゴリーは{categories}、うち1つが明細の{main_category_share}",
        *_NO_CATEGORIES,
    ),
    Feature(
        "main_category_share",
        "share",
        "breadth",
        "purchase lines of the own most frequent category, of all",
        "最も多いカテゴリーの明細の割合",
        "{main_category_share} of the lines from one category",
        "明細の{main_category_share}が同じカテゴリー",
        *_NO_CATEGORIES,
    ),
    Feature(
        f"new_category_share_{RECENT_DAYS}d",
        "share",
        "novelty",
        f"categories never bought from before, of those bought from in the last {RECENT_DAYS} days",
        f"直近{RECENT_DAYS}日間に購入したカテゴリーのうち初めてのものの割合",
        f"{{new_category_share_{RECENT_DAYS}d}} of the categories of the last {RECENT_DAYS} days new to them",
        f"直近{RECENT_DAYS}日間に購入したカテゴリーの{{new_category_share_{RECENT_DAYS}d}}が初めて",
        *_RECENT_ORDERS,
    ),
)

_DISCOUNTS = (
    Feature(
        "discounted_line_share",
        "share",
        "discounts",
        "purchase lines with a discount recorded, of all",
        "値引きの記録がある明細の割合",
        "{discounted_line_share} of the lines at a discount",
        "明細の{discounted_line_share}が値引き",
        "no discounts recorded",
        "値引きの記録なし",
    ),
    Feature(
        f"discounted_line_share_{RECENT_DAYS}d",
        "share",
        "discounts",
        f"purchase lines with a discount recorded, of those of the last {RECENT_DAYS} days",
        f"直近{RECENT_DAYS}日間の明細のうち値引きの記録があるものの割合",
        f"{{discounted_line_share_{RECENT_DAYS}d}} of the lines of the last {RECENT_DAYS} days at a discount",
        f"直近{RECENT_DAYS}日間の明細の{{discounted_line_share_{RECENT_DAYS}d}}が値引き",
        *_RECENT_ORDERS,
    ),
    Feature(
        "discount_share",
        "share",
        "discounts",
        "taken off, of what the purchases would have cost without discounts",
        "値引き前の金額に対する値引き額の割合",
        "{discount_share} taken off by discounts",
        "値引き前の金額の{discount_share}を値引き",
        "nothing paid, nothing taken off",
        "支払いも値引きもなし",
    ),
)

_CHANNELS = (
    Feature(
        "channels",
        "channels",
        "channels",
        "different channels bought through, ever",
        "購入に使った経路の数",
        "{channels} so far",
        "これまでに使った購入経路は{channels}",
        *_NO_CHANNELS,
    ),
    Feature(
        "main_channel_share",
        "share",
        "channels",
        "purchase lines through the own most frequent channel, of all",
        "最も多い購入経路の明細の割合",
        "{main_channel_share} of the lines through one channel",
        "明細の{main_channel_share}が同じ購入経路",
        *_NO_CHANNELS,
    ),
)


def _basket() -> Iterator[Feature]:
    yield from _SIZES
    for column, features in (
        ("quantity", _PIECES),
        ("product_id", _PRODUCTS),
        ("category", _CATEGORIES),
        ("discount", _DISCOUNTS),
        ("channel", _CHANNELS),
    ):
        yield from (replace(feature, needs=(f"transactions.{column}",)) for feature in features)


BASKET = tuple(replace(feature, family="basket") for feature in _basket())
