"""A small made-up shop: every kind of row that a history can hold, ids shuffled and not numeric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from features.reference import reference_at
from features.sources import tables_from_frame
from features.table import behaviour_table
from features.tables import Tables

__all__ = ["behaviours", "behaviours_of", "made_up_shop", "tables_of", "with_cancellations"]


def made_up_shop(seed: int, *, customers: int = 40, rows: int = 700) -> pd.DataFrame:
    """Return rows from November 2023 to March 2025: year ends, a leap day, refunds, free orders, bare dates.

    ``known_at`` is null for two rows of three, and up to 40 days late for the others. Some orders have
    several lines; "yearly" and "advent" order once a year.
    """
    draw = np.random.default_rng(seed)
    ids = np.array(
        [f"c-{number:02x}" if number % 2 else f"00{number}" for number in draw.permutation(customers)]
    )
    times = pd.Timestamp("2023-11-01") + pd.to_timedelta(draw.integers(0, 500 * 86_400, rows), unit="s")
    times = times.where(draw.random(rows) < 0.8, times.normalize())
    amounts = np.round(draw.gamma(2.0, 15.0, rows), 2)
    amounts = np.where(draw.random(rows) < 0.1, -amounts, amounts)
    amounts = np.where(draw.random(rows) < 0.08, 0.0, amounts)
    late = pd.to_timedelta(draw.integers(-5, 40, rows), unit="D")
    goods = np.random.default_rng([seed, 1])
    product = [f"p-{number:x}" for number in goods.geometric(0.12, rows)]
    shop = pd.DataFrame(
        {
            "customer_id": ids[np.minimum(draw.geometric(0.06, rows) - 1, customers - 1)],
            "timestamp": times,
            "amount": amounts,
            "margin": pd.Series(np.round(amounts * 0.3, 2)).where(draw.random(rows) < 0.7),
            "is_return": draw.random(rows) < 0.05,
            "known_at": pd.Series(times + late).where(draw.random(rows) < 0.33),
            "product_id": pd.Series(product).where(goods.random(rows) < 0.95),
            "category": pd.Series([f"kind {name[-1]}" for name in product]).where(goods.random(rows) < 0.95),
            "quantity": pd.Series(np.copysign(goods.integers(1, 6, rows), amounts)).where(
                goods.random(rows) < 0.9
            ),
            "discount": pd.Series(goods.integers(-20, 8, rows).clip(0) / 2).where(goods.random(rows) < 0.5),
            "channel": pd.Series(goods.choice(["shop", "web", "app"], rows)).where(goods.random(rows) < 0.8),
        }
    )
    order = ["customer_id", "timestamp", "known_at"]
    first_line = np.maximum.accumulate(np.where(goods.random(rows) < 0.3, 0, np.arange(rows)))
    shop[order] = shop[order].take(first_line).set_axis(shop.index)
    yearly = pd.DataFrame({"customer_id": ["yearly", "advent", "yearly", "advent", "advent"], "amount": 9.0})
    yearly["timestamp"] = pd.to_datetime(
        ["2023-11-20", "2023-12-01", "2024-11-25", "2024-12-02", "2024-12-20"]
    )
    return pd.concat([shop, yearly.assign(is_return=False)]).sample(frac=1.0, random_state=seed)


def with_cancellations(shop: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return ``shop`` with orders of one to three lines and, for every other customer, mirrors of some lines.

    Refunds come within weeks, some known late; orders are mirrored in full or in part.
    """
    draw = np.random.default_rng(seed)
    order = shop.groupby("customer_id").cumcount() // draw.integers(1, 4, len(shop))
    named = (shop.customer_id + "/" + order.astype(str)).where(draw.random(len(shop)) < 0.6)
    sales = shop.assign(order_id=named)
    refunded = shop.customer_id.str[-1].isin(list("02468ace")) & (draw.random(len(shop)) < 0.4)
    refunds = sales[refunded].drop(columns="known_at", errors="ignore")
    days = pd.to_timedelta(draw.geometric(0.1, len(refunds)) - 1, unit="D")
    refunds = refunds.assign(timestamp=refunds.timestamp + days)
    signed = draw.random(len(refunds)) < 0.5
    refunds = refunds.assign(
        amount=refunds.amount.abs().where(~signed, -refunds.amount.abs()), is_return=~signed, order_id=None
    )
    if "known_at" in shop:
        late = pd.to_timedelta(draw.integers(0, 20, len(refunds)), unit="D")
        refunds["known_at"] = (refunds.timestamp + late).where(draw.random(len(refunds)) < 0.3)
    return pd.concat([sales, refunds], ignore_index=True).sample(frac=1.0, random_state=seed)


def tables_of(
    frame: pd.DataFrame,
    zone: str | None = "Asia/Tokyo",
    others: Mapping[str, pd.DataFrame] | None = None,
) -> Tables:
    """Return the frames as accepted tables, however many of their rows are refused."""
    return tables_from_frame(frame, zone=zone, currency="JPY", refused_share_limit=1.0, others=others)


def behaviours(
    histories: Mapping[str, Sequence[tuple[str, float]]], as_of: date
) -> dict[str, dict[str, float | None]]:
    """Return the features at ``as_of`` by customer; a history is (time, amount) pairs."""
    rows = [(customer, *row) for customer, history in histories.items() for row in history]
    return behaviours_of(pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"]), as_of)


def behaviours_of(frame: pd.DataFrame, as_of: date) -> dict[str, dict[str, float | None]]:
    """Return the features at ``as_of`` by customer."""
    tables = tables_of(frame)
    table = behaviour_table(tables, as_of, reference_at(tables, as_of)).to_pyarrow().to_pylist()
    return {row["customer_id"]: row for row in table}
