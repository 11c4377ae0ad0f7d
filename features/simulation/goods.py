"""What the made-up orders hold: products with prices and margins, discounts, and what is given back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.simulation.columns import DAY_SECONDS, codes, moments, pick, within, yen
from features.simulation.customers import Customers
from features.simulation.lives import Orders
from features.simulation.world import Ints, World

__all__ = ["CATEGORIES", "Lines", "draw_lines", "order_seconds", "transactions_table"]

CATEGORIES = ("tea", "sweets", "coffee", "tableware", "gift_sets")
MEDIAN_PRICES = np.array([1200.0, 800.0, 1500.0, 3200.0, 4800.0])
MARGIN_SHARES = np.array([0.45, 0.40, 0.35, 0.55, 0.30])
RETURN_FACTORS = np.array([0.4, 0.3, 0.5, 2.5, 1.0])
GIFT_SETS = CATEGORIES.index("gift_sets")
PRODUCTS_EACH = 16
FAVOURITE_SHARE, GIFT_LINE_SHARE = 0.6, 0.8
MORE_LINES, MORE_PIECES = 0.9, 0.35
PROMOTION_SHARE, COUPON_SHARE = 0.2, 0.1
CHANNELS, USUAL_SHARE = ("web", "app", "store"), 0.85
LATE_SHARE, LATE_DAYS = 0.08, 9
"""Of the store's tills, some send their rows days later."""
HOURS = np.array([1, 0, 0, 0, 0, 1, 2, 4, 6, 7, 8, 8, 9, 7, 6, 6, 6, 7, 9, 11, 13, 12, 8, 3], dtype=float)


@dataclass(frozen=True)
class Lines:
    """One entry for each line, the sales in the order of the orders, then what came back of them."""

    order: Ints
    number: Ints
    second: Ints
    product: Ints
    pieces: Ints
    unit_price: Ints
    discount: Ints
    amount: Ints
    margin: Ints
    is_return: np.ndarray


def order_seconds(orders: Orders, draw: np.random.Generator) -> Ints:
    """Return when each order was placed, in seconds from the world's start: mostly in the evening."""
    n = len(orders.day)
    hours = draw.choice(24, n, p=HOURS / HOURS.sum())
    seconds: Ints = orders.day * DAY_SECONDS + hours * 3600 + draw.integers(1, 3600, n)
    return seconds


def draw_lines(
    orders: Orders, seconds: Ints, customers: Customers, coupon_arm: int, draw: np.random.Generator
) -> Lines:
    """Return what was bought, and what of it was given back, whenever that was.

    Under ``coupon_arm`` everything is 10 % off. Otherwise each customer has their own share of bargains.
    """
    each = 1 + draw.poisson(MORE_LINES, len(orders.day))
    order = np.repeat(np.arange(len(each)), each)
    buyer = orders.customer[order]
    n = len(order)
    category = _categories(customers, buyer, draw)
    product = category * PRODUCTS_EACH + _popular(n, draw)
    unit_price = _prices(draw)[product]
    pieces = 1 + draw.poisson(MORE_PIECES, n)
    bargain = draw.random(n) < customers.deal_share[buyer]
    share = np.where(orders.arm[order] == coupon_arm, COUPON_SHARE, np.where(bargain, PROMOTION_SHARE, 0.0))
    discount = np.rint(pieces * unit_price * share).astype(np.int64)
    amount = pieces * unit_price - discount
    cost = np.rint(pieces * unit_price * (1 - MARGIN_SHARES[category])).astype(np.int64)
    sold = Lines(
        order,
        number=np.arange(n) - np.repeat(np.cumsum(each) - each, each) + 1,
        second=seconds[order],
        product=product,
        pieces=pieces,
        unit_price=unit_price,
        discount=discount,
        amount=amount,
        margin=amount - cost,
        is_return=np.zeros(n, dtype=bool),
    )
    back = draw.random(n) < customers.return_share[buyer] * RETURN_FACTORS[category]
    return _with_returns(sold, np.flatnonzero(back), draw)


def transactions_table(
    world: World, lines: Lines, orders: Orders, customers: Customers, draw: np.random.Generator
) -> pa.Table:
    """Return the transactions that reached the shop by the world's last day, sorted by when they did so."""
    channel = _channels(lines, orders, world.customers, draw)
    late = (channel == CHANNELS.index("store")) & (draw.random(len(channel)) < LATE_SHARE)
    known = lines.second + late * draw.integers(DAY_SECONDS, LATE_DAYS * DAY_SECONDS, len(channel))
    rows = np.flatnonzero(within(world, known))
    rows = rows[np.argsort(known[rows], kind="stable")]
    category = lines.product // PRODUCTS_EACH
    order_id = codes("o", lines.order + 1, 7)
    number = pa.array(lines.number).cast(pa.string())
    table = pa.table(
        {
            "customer_id": customers.ids.take(pa.array(orders.customer[lines.order])),
            "timestamp": moments(world, lines.second),
            "amount": yen(lines.amount),
            "order_id": order_id,
            "line_id": pc.binary_join_element_wise(order_id, number, "/"),
            "product_id": codes("p", lines.product + 1, 3),
            "category": pick(CATEGORIES, category),
            "quantity": pa.array(lines.pieces),
            "unit_price": yen(lines.unit_price),
            "discount": yen(lines.discount),
            "margin": yen(lines.margin),
            "channel": pick(CHANNELS, channel),
            "is_return": pa.array(lines.is_return),
            "known_at": moments(world, known),
        }
    )
    return table.take(pa.array(rows))


def _categories(customers: Customers, buyer: Ints, draw: np.random.Generator) -> Ints:
    """Return each line's category: mostly the buyer's favourite, and gift sets for gift buyers."""
    n = len(buyer)
    fixed = np.where(customers.gift[buyer], GIFT_SETS, customers.favourite[buyer])
    loyalty = np.where(customers.gift[buyer], GIFT_LINE_SHARE, FAVOURITE_SHARE)
    chosen: Ints = np.where(draw.random(n) < loyalty, fixed, draw.integers(0, len(CATEGORIES), n))
    return chosen


def _popular(n: int, draw: np.random.Generator) -> Ints:
    """Return positions within a category, by Zipf's law: the second sells half as often as the first."""
    weights = 1 / np.arange(1, PRODUCTS_EACH + 1)
    return np.searchsorted(np.cumsum(weights)[:-1] / weights.sum(), draw.random(n))


def _prices(draw: np.random.Generator) -> Ints:
    spread = draw.lognormal(0.0, 0.45, (len(CATEGORIES), PRODUCTS_EACH))
    prices: Ints = (np.rint(MEDIAN_PRICES[:, None] * spread / 10) * 10).astype(np.int64).ravel()
    return prices


def _with_returns(sold: Lines, back: Ints, draw: np.random.Generator) -> Lines:
    """Add the lines at ``back`` once more, given back whole 3 to 25 days later."""
    returned = Lines(
        order=sold.order[back],
        number=sold.number[back] + 100,
        second=sold.second[back] + draw.integers(3 * DAY_SECONDS, 25 * DAY_SECONDS, len(back)),
        product=sold.product[back],
        pieces=sold.pieces[back],
        unit_price=sold.unit_price[back],
        discount=sold.discount[back],
        amount=-sold.amount[back],
        margin=-sold.margin[back],
        is_return=np.ones(len(back), dtype=bool),
    )
    pairs = zip(vars(sold).values(), vars(returned).values(), strict=True)
    return Lines(*(np.concatenate(pair) for pair in pairs))


def _channels(lines: Lines, orders: Orders, customers: int, draw: np.random.Generator) -> Ints:
    """Return the channel of each line, one for an order; customers have their habits."""
    habit = draw.choice(len(CHANNELS), customers, p=(0.5, 0.3, 0.2))
    n = len(orders.day)
    usual = draw.random(n) < USUAL_SHARE
    channel = np.where(usual, habit[orders.customer], draw.integers(0, len(CHANNELS), n))
    chosen: Ints = channel[lines.order]
    return chosen
