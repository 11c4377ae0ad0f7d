"""What the value model alone says of customers, and of one not yet seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from training.clv_table import customer_table, newcomer_table
from training.models.bgnbd import BGNBD
from training.models.gammagamma import GammaGamma
from training.models.paretonbd import ParetoNBD
from training.models.value import ValueModel
from training.policy import Policy

AS_OF = date(2025, 3, 31)
BG = BGNBD(r=0.2425945, alpha=4.4136019, a=0.7929199, b=2.4258881, unit_days=7).in_unit(1)
PARETO = ParetoNBD(r=0.553, alpha=10.578, s=0.606, beta=11.669, unit_days=7).in_unit(1)
VALUE = ValueModel(BG, GammaGamma(6.25, 3.74, 15.44), 35.0, 0.9, None)


def some_customers() -> pd.DataFrame:
    """Regular, one-time, lapsed, one who gave all back, one who never paid; rows in no order."""
    rows = [
        ("c-7f", 9, 270, 12, 9, 40.0, 360.0, 350.0),
        ("00123", 1, 200, 200, 1, 15.0, 15.0, 15.0),
        ("z", 5, 260, 180, 5, 22.0, 110.0, 110.0),
        ("-1", 2, 90, 30, 2, 60.0, 120.0, 0.0),
        ("free", 1, 50, 50, 0, np.nan, 0.0, 0.0),
    ]
    names = ["customer_id", "orders", "days_since_first_order", "days_since_last_order"]
    names += ["paid_orders", "mean_order_value", "gross_spend", "net_revenue"]
    return pd.DataFrame(rows, columns=names).assign(as_of=pd.Timestamp(AS_OF), margin_total=np.nan)


def test_every_row_is_coherent_and_stands_where_it_stood() -> None:
    customers = some_customers()
    table = customer_table(VALUE, customers, AS_OF, Policy(margin_rate=0.4))
    assert list(table["customer_id"]) == list(customers["customer_id"])
    for name, low, high in (
        ("expected_purchases", "purchases_low", "purchases_high"),
        ("revenue_clv", "revenue_clv_low", "revenue_clv_high"),
        ("margin_clv", "margin_clv_low", "margin_clv_high"),
    ):
        assert ((table[low] <= table[name]) & (table[name] <= table[high])).all()
    assert np.allclose(table["margin_clv"], 0.4 * table["revenue_clv"])
    assert (table["expected_purchases"] >= 1 - table["p_no_purchase"] - 1e-9).all()
    assert table["p_alive"].between(0, 1).all()
    by_id = table.set_index("customer_id")
    assert by_id.loc["c-7f", "expected_date_of_next_order"] > AS_OF
    assert by_id.loc["00123", "p_alive"] == 1.0
    assert by_id.loc["-1", "expected_spend"] < 0.75 * by_id.loc["z", "expected_spend"] * 60 / 22


def test_without_discount_value_is_purchases_times_spend_and_a_rate_takes_from_it() -> None:
    plain, discounted = (
        customer_table(VALUE, some_customers(), AS_OF, Policy(annual_discount_rate=rate))
        for rate in (0.0, 0.2)
    )
    assert np.allclose(plain["revenue_clv"], plain["expected_purchases"] * plain["expected_spend"])
    share = discounted["revenue_clv"] / plain["revenue_clv"]
    assert share.between(1 / 1.2, 1.0).all()
    assert np.allclose(discounted["expected_purchases"], plain["expected_purchases"])


def test_a_loss_is_a_loss_at_both_ends() -> None:
    table = customer_table(replace(VALUE, margin_share=-0.1), some_customers(), AS_OF, Policy())
    assert (table["margin_clv"] < 0).all()
    assert ((table["margin_clv_low"] <= table["margin_clv"]) & (table["margin_clv"] <= 0)).all()
    assert (table["margin_clv"] <= table["margin_clv_high"]).all()


def test_where_nobody_has_paid_nothing_is_worth_anything() -> None:
    model = ValueModel(BG, None, 0.0, 0.0, None)
    unpaid = some_customers().assign(
        paid_orders=0.0, mean_order_value=np.nan, gross_spend=0.0, net_revenue=0.0
    )
    table = customer_table(model, unpaid, AS_OF, Policy())
    assert (table[["revenue_clv", "margin_clv", "margin_clv_high"]] == 0).all(axis=None)
    assert (table["expected_purchases"] > 0).all()


def test_a_newcomer_buys_as_published() -> None:
    """Fader, Hardie & Lee (2005), equation 9, in weeks: E[X(1)], E[X(3)], E[X(32)], E[X(78)]."""
    table = newcomer_table(VALUE, AS_OF, Policy(), [7, 21, 224, 546])
    assert list(table["expected_purchases"]) == pytest.approx([0.0532, 0.1506, 1.0437, 1.8576], abs=1e-3)
    assert table["p_alive"].is_monotonic_decreasing
    assert table["margin_clv"].is_monotonic_increasing
    assert np.allclose(table["expected_spend"], 0.9 * VALUE.spend.expected_value(0, 0))  # type: ignore[union-attr]


def test_a_newcomer_lives_as_long_as_the_model_says() -> None:
    table = newcomer_table(replace(VALUE, orders=PARETO), AS_OF, Policy(), [70, 700])
    assert list(table["p_alive"]) == pytest.approx([(11.669 / (11.669 + w)) ** 0.606 for w in (10, 100)])
