"""A model on trial knows what was known at the start; the truth is what came after, recomputed by pandas."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.errors import ImmatureWindowError
from features.sources import tables_from_frame
from features.tables import Tables
from training.clv_holdout import Holdout
from training.errors import NotEnoughDataError
from training.models.bgnbd import BGNBD

START = pd.Timestamp("1997-09-30")


def days_of(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return one row a customer-day, as the house counts purchases."""
    named = purchases.rename(columns={"timestamp": "day"})
    return named.groupby(["customer_id", "day"], as_index=False)["amount"].sum()


def test_the_fit_is_that_of_the_days_up_to_the_start(holdout: Holdout, purchases: pd.DataFrame) -> None:
    before = days_of(purchases)[lambda days: days["day"] <= START]
    by_customer = before.groupby("customer_id")["day"].agg(["size", "min", "max"])
    expected = BGNBD.fit(
        by_customer["size"] - 1,
        (by_customer["max"] - by_customer["min"]).dt.days,
        (START - by_customer["min"]).dt.days,
    )
    assert holdout.purchases.parameters == pytest.approx(expected.parameters, rel=1e-9)
    assert len(holdout.customers) == len(by_customer)
    assert holdout.first_day == before["day"].min().date()


def test_what_came_after_the_start_moves_no_fit(holdout: Holdout, purchases: pd.DataFrame) -> None:
    doubled = pd.concat([purchases, purchases[purchases["timestamp"] > START].assign(customer_id="c-new")])
    other = Holdout.of(tables_from_frame(doubled), date(1998, 6, 30), 273, BGNBD)
    assert other.purchases == holdout.purchases
    assert other.spend == holdout.spend
    assert other.repeat_orders.equals(holdout.repeat_orders)  # newcomers are nobody whom the model knew


def test_the_truth_is_what_these_customers_bought(holdout: Holdout, purchases: pd.DataFrame) -> None:
    days = days_of(purchases)
    after = days[days["day"] > START]
    assert holdout.customers["bought"].sum() == len(after)
    assert holdout.customers["revenue"].sum() == pytest.approx(after["amount"].sum())
    repeats = days[days.duplicated("customer_id")].groupby("day").size()  # days are sorted by customer, day
    assert holdout.repeat_orders[holdout.repeat_orders > 0].to_dict() == repeats.to_dict()
    assert holdout.repeat_orders.index[-1] == START + timedelta(days=273)


def test_expectations_are_those_of_the_value_model(holdout: Holdout) -> None:
    by_hand = holdout.purchases.expected_purchases(273, *holdout.value.history(holdout.customers))
    np.testing.assert_allclose(holdout.expected_orders(), by_hand, atol=1e-5)  # the value model's least
    spend = holdout.value.expected_spend(holdout.customers)
    np.testing.assert_allclose(holdout.expected_revenue(), holdout.expected_orders() * spend)


def test_free_purchases_alone_have_no_value() -> None:
    first = pd.Timestamp("2026-01-01")
    rows = [
        {"customer_id": f"c-{k}", "timestamp": first + timedelta(days=d), "amount": 0.0}
        for k in range(30)
        for d in range(k, 120, 20 + k)
    ]
    free = Holdout.of(tables_from_frame(pd.DataFrame(rows)), date(2026, 4, 15), 30, BGNBD)
    assert free.spend is None
    assert not free.expected_revenue().round(9).any()


def test_a_holdout_that_cannot_be_is_refused(tables: Tables) -> None:
    with pytest.raises(ImmatureWindowError, match="The data ends"):
        Holdout.of(tables, date(1999, 6, 30), 273, BGNBD)
    with pytest.raises(NotEnoughDataError, match="0 known customers"):
        Holdout.of(tables, date(1998, 6, 30), 3_000, BGNBD)
