"""The features of margins, baskets, returns and seasons once more: SQL for `tests.features.oracle`."""

from __future__ import annotations

from math import tau

__all__ = ["RATIOS", "SCRATCH", "SINGLE"]

_LINES = "FROM purchase WHERE customer_id = c.customer_id"
_ORDERS = "FROM bought WHERE customer_id = c.customer_id"
_SEEN = "FROM seen WHERE customer_id = c.customer_id"
_BACK = "FROM refund WHERE customer_id = c.customer_id"
_AGE = "julianday(:as_of) - julianday(day)"
_YEAR_DAY = "CAST(strftime('%j', {day}) AS INTEGER)"
_ANGLE = f"{_YEAR_DAY} * {tau} / 365.25".format(day="day")
_GAPS = "FROM gap WHERE customer_id = c.customer_id"


def _different(column: str, which: str = "1") -> str:
    different = f"count(DISTINCT CASE WHEN {which} THEN {column} END)"
    return f"SELECT CASE WHEN count({column}) THEN {different} END {_LINES}"


def _new(column: str) -> str:
    return f"""SELECT avg(NOT EXISTS (SELECT 1 FROM purchase e WHERE e.customer_id = c.customer_id
        AND e.{column} = {column}_now AND e.age >= 182))
        FROM (SELECT DISTINCT {column} AS {column}_now {_LINES} AND age < 182 AND {column} IS NOT NULL)"""


def _by_kind(column: str, of: str) -> str:
    return f"SELECT {of} FROM (SELECT count(*) AS n {_LINES} AND {column} IS NOT NULL GROUP BY {column})"


_RETURN_DAYS = f"""SELECT julianday(min(r.day)) - julianday(p.first) AS days
  FROM (SELECT product_id, min(day) AS first {_LINES} AND product_id IS NOT NULL
    GROUP BY product_id HAVING count(DISTINCT day) = 1) p
  JOIN refund r ON r.customer_id = c.customer_id AND r.product_id = p.product_id
  GROUP BY p.product_id HAVING days >= 0"""

_MARGINS = {
    **{
        f"margin_{w}d": f"""SELECT CASE WHEN count(margin) THEN
            total(CASE WHEN {_AGE} < {w} THEN margin END) END {_SEEN}"""
        for w in (28, 91, 182, 364)
    },
    "margin_before": f"SELECT total(CASE WHEN {_AGE} BETWEEN 91 AND 181 THEN margin END) {_SEEN}",
}

_BASKET = {
    "lines_per_order": f"SELECT avg(lines) {_ORDERS}",
    "last_order_lines": f"SELECT lines {_ORDERS} ORDER BY day DESC LIMIT 1",
    "last_to_mean_lines": f"""SELECT CASE WHEN count(*) > 1 THEN
        (SELECT lines {_ORDERS} ORDER BY day DESC LIMIT 1) / avg(lines) END {_ORDERS}""",
    "lines_trend": f"""SELECT ln(avg(CASE WHEN age < 182 THEN lines END)
        / avg(CASE WHEN age >= 182 THEN lines END)) {_ORDERS}""",
    "pieces_per_order": f"SELECT (SELECT sum(quantity) {_LINES} AND quantity > 0) / count(*) {_ORDERS}",
    "mean_unit_price": f"SELECT round(sum(amount) / sum(quantity), 4) {_LINES} AND quantity > 0",
    "products": _different("product_id"),
    "products_182d": _different("product_id", "age < 182"),
    "products_364d": _different("product_id", "age < 364"),
    "product_concentration": _by_kind("product_id", "sum(n * n) * 1.0 / (sum(n) * sum(n))"),
    "repeat_product_share": f"""SELECT avg(days > 1) FROM (
        SELECT count(DISTINCT day) AS days {_LINES} AND product_id IS NOT NULL GROUP BY product_id)""",
    "new_product_share_182d": _new("product_id"),
    "categories": _different("category"),
    "categories_364d": _different("category", "age < 364"),
    "category_concentration": _by_kind("category", "sum(n * n) * 1.0 / (sum(n) * sum(n))"),
    "main_category_share": _by_kind("category", "max(n) * 1.0 / sum(n)"),
    "new_category_share_182d": _new("category"),
    "discounted_line_share": f"SELECT avg(coalesce(discount, 0) > 0) {_LINES}",
    "discounted_line_share_182d": f"SELECT avg(coalesce(discount, 0) > 0) {_LINES} AND age < 182",
    "discount_share": f"SELECT total(discount) / nullif(sum(amount) + total(discount), 0) {_LINES}",
    "channels": _different("channel"),
    "main_channel_share": _by_kind("channel", "max(n) * 1.0 / sum(n)"),
}

_RETURNS = {
    "refund_total": f"SELECT total(back) {_BACK}",
    **{f"refund_total_{w}d": f"SELECT total(back) {_BACK} AND {_AGE} < {w}" for w in (91, 364)},
    "refund_share": f"SELECT (SELECT total(back) {_BACK}) / nullif(sum(value), 0) {_ORDERS}",
    "refund_share_364d": f"""SELECT (SELECT total(back) {_BACK} AND {_AGE} < 364)
        / nullif(sum(value), 0) {_ORDERS} AND age < 364""",
    "refunds_per_order": f"""SELECT (SELECT count(DISTINCT day) {_BACK} AND back > 0) * 1.0 / count(*)
        {_ORDERS}""",
    "days_since_last_refund": f"SELECT julianday(:as_of) - julianday(max(day)) {_BACK} AND back > 0",
    "refunded_since_last_order": f"""SELECT EXISTS (
        SELECT 1 {_BACK} AND back > 0 AND day >= (SELECT max(day) {_ORDERS}))""",
    "returned_product_share": f"""SELECT avg(EXISTS (
        SELECT 1 FROM refund r WHERE r.customer_id = c.customer_id AND r.product_id = p.product_id
        AND r.day >= p.first)) FROM (
        SELECT product_id, min(day) AS first {_LINES} AND product_id IS NOT NULL GROUP BY product_id) p""",
    "mean_days_to_return": f"SELECT avg(days) FROM ({_RETURN_DAYS})",
}

_SEASON = {
    "peak_order_share": f"""SELECT CASE WHEN (SELECT count(*) FROM peak_weeks) THEN
        avg(min(({_YEAR_DAY} - 1) / 7, 51) IN peak_weeks) END {_ORDERS}""".format(day="day"),
    "days_since_peak_order": f"""SELECT min(age) {_ORDERS}
        AND min(({_YEAR_DAY} - 1) / 7, 51) IN peak_weeks""".format(day="day"),
    **{
        f"{name}_year_ago_{w}d": f"""SELECT CASE WHEN max(age) >= 364 - {w}
            THEN {of} FILTER (WHERE age BETWEEN 364 - {w} AND 363) END {_ORDERS}"""
        for name, of in (("orders", "count(*)"), ("gross_spend", "total(value)"))
        for w in (28, 91)
    },
    "month_order_share": f"""SELECT CASE WHEN max(age) >= 364 THEN
        avg(strftime('%m', day) = strftime('%m', :as_of)) END {_ORDERS}""",
    "yearly_gap_share": f"""SELECT avg(min(abs(days - 365), abs(days - 730)) <= 45) {_GAPS}""",
    "season_concentration": f"""SELECT CASE WHEN max(age) >= 364 AND count(*) > 1 THEN
        sqrt(avg(cos({_ANGLE})) * avg(cos({_ANGLE})) + avg(sin({_ANGLE})) * avg(sin({_ANGLE}))) END
        {_ORDERS}""",
    "mean_angle": f"SELECT atan2(avg(sin({_ANGLE})), avg(cos({_ANGLE}))) {_ORDERS}",
    "angle_now": f"SELECT {_YEAR_DAY} * {tau} / 365.25".format(day=":as_of"),
}

_TURN = f"(mean_angle - angle_now) / {tau}"
SINGLE = {**_MARGINS, **_BASKET, **_RETURNS, **_SEASON}
RATIOS = {
    "margin_rate": "CASE WHEN net_revenue > 0 THEN margin_total / net_revenue END",
    "margin_trend": """CASE WHEN margin_total > 0 AND days_since_first_order >= 182 THEN ln(
        (max(margin_91d, 0) * paid_orders / margin_total + 0.5)
        / (max(margin_before, 0) * paid_orders / margin_total + 0.5)) END""",
    "price_score": "CASE WHEN mean_unit_price IS NOT NULL THEN 1 + "
    "(SELECT count(*) FROM price_cuts WHERE value < mean_unit_price) END",
    "days_to_usual_season": f"CASE WHEN season_concentration >= 0.5 "
    f"THEN ({_TURN} - floor({_TURN})) * 365.25 END",
    "once_a_year": "CASE WHEN season_concentration IS NOT NULL THEN season_concentration >= 0.9 "
    "AND days_since_first_order - days_since_last_order >= 320 END",
}
SCRATCH = ("margin_before", "mean_angle", "angle_now")
"""Columns that the ratios are reckoned from, and that are no features."""
