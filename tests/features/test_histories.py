"""Purchase histories from the engine, against the behaviour table."""

from __future__ import annotations

from datetime import date

import pandas as pd

from features.histories import grouped_histories, purchase_histories
from features.reference import reference_at
from features.table import behaviour_table
from tests.features.shop import made_up_shop, tables_of

AS_OF = date(2024, 11, 30)


def test_histories_say_what_the_behaviour_table_says() -> None:
    tables = tables_of(made_up_shop(seed=3))
    histories = purchase_histories(tables, AS_OF).to_pandas().set_index("customer_id").astype(float)
    behaviour = behaviour_table(tables, AS_OF, reference_at(tables, AS_OF)).to_pandas()
    behaviour = behaviour.drop(columns="as_of").set_index("customer_id").astype(float)
    assert list(histories.index) == list(behaviour.index)
    expected = pd.DataFrame(
        {
            "x": behaviour["orders"] - 1,
            "t_x": behaviour["days_since_first_order"] - behaviour["days_since_last_order"],
            "T": behaviour["days_since_first_order"],
            "paid_orders": behaviour["paid_orders"],
            "gross": behaviour["gross_spend"],
            "first_gross": behaviour["first_order_value"],
            "refund": behaviour["refund_total"],
            "margin": behaviour["margin_total"],
            "mean_value": behaviour["mean_order_value"],
        }
    )
    pd.testing.assert_frame_equal(histories[list(expected)], expected, check_names=False)


def test_groups_hold_every_customer_once() -> None:
    tables = tables_of(made_up_shop(seed=4))
    histories = purchase_histories(tables, AS_OF).to_pandas()
    grouped = grouped_histories(tables, AS_OF).to_pandas()
    counted = histories.groupby(["x", "t_x", "T"], as_index=False).size()
    assert grouped.to_numpy().tolist() == counted.to_numpy().tolist()


def test_what_comes_later_or_is_given_back_is_no_purchase() -> None:
    rows = {
        "customer_id": ["c-7f", "c-7f", "c-7f", "00123", "00123", "-1"],
        "timestamp": [*["2024-12-01"] * 2, "2024-12-31", "2024-12-01", "2024-12-21", "2024-12-05"],
        "amount": [10, 5, 7, 0, -3, -2],
    }
    histories = purchase_histories(tables_of(pd.DataFrame(rows)), date(2024, 12, 30))
    told = histories.select("customer_id", "x", "t_x", "T", "paid_orders", "mean_value").to_pandas()
    assert told.astype(object).where(told.notna(), None).to_numpy().tolist() == [
        ["00123", 0, 0, 29, 0, None],
        ["c-7f", 0, 0, 29, 1, 15.0],
    ]
