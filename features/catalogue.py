"""Every feature of the behaviour table, in the order of its columns."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "Feature"]


@dataclass(frozen=True)
class Feature:
    """One column of the behaviour table: what it is called, which family computes it."""

    name: str
    family: str


_PURCHASES = """orders paid_orders orders_28d orders_91d orders_182d orders_364d orders_trend
decayed_orders_30d decayed_orders_90d decayed_orders_365d frequency_score
gross_spend gross_spend_28d gross_spend_91d gross_spend_182d gross_spend_364d spend_trend
decayed_spend_30d decayed_spend_90d decayed_spend_365d net_revenue margin_total
mean_order_value first_order_value last_order_value max_order_value order_value_spread lines_per_order
refund_total refund_share days_since_last_refund"""
_RHYTHM = """days_since_first_order days_since_last_order days_since_second_last_order
days_since_third_last_order recency_score last_gap_days mean_gap_days median_gap_days min_gap_days
max_gap_days sd_gap_days cv_gap last_to_mean_gap lateness lateness_sd orders_per_year active_months
weekend_share favourite_weekday_share evening_share"""

CATALOGUE = tuple(
    Feature(name, family)
    for family, names in (("purchases", _PURCHASES), ("rhythm", _RHYTHM))
    for name in names.split()
)
