"""A small made-up shop, in the three columns that are required."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

OPENED = date(2024, 1, 1)
LAST_DAY = date(2025, 6, 30)


def shop(customers: int = 240, seed: int = 5) -> pd.DataFrame:
    """Return purchases of customers who come at their own rate, and leave one day; ids in no order."""
    generator = np.random.default_rng(seed)
    days = (LAST_DAY - OPENED).days
    rows = []
    for number in generator.permutation(customers):
        customer_id = f"{number:05d}" if number % 3 else f"c-{number:x}"
        day = float(generator.integers(0, days - 60))
        gone = day + generator.exponential(400)
        gap, value = generator.gamma(2.0, 20.0), generator.gamma(4.0, 12.0)
        while day < min(gone, days):
            amount = round(float(value * generator.lognormal(0.0, 0.3)), 2)
            rows.append((customer_id, OPENED + timedelta(days=int(day)), amount))
            day += 1 + generator.exponential(gap)
    return pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
