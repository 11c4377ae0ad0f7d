"""What a made-up shop knows of its customers beside their purchases: random, with every kind of gap in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["made_up_people"]


def made_up_people(seed: int, customers: list[str], *, rows: int = 300) -> dict[str, pd.DataFrame]:
    """Return the optional tables, November 2023 to March 2025, about ``customers`` and a stranger."""
    draw = np.random.default_rng(seed)
    return {"interactions": _interactions(draw, customers, rows)}


def _interactions(draw: np.random.Generator, customers: list[str], rows: int) -> pd.DataFrame:
    opened = _times(draw, rows)
    answered = opened + pd.to_timedelta(draw.integers(0, 20 * 86_400, rows), unit="s")
    resolved = answered + pd.to_timedelta(draw.integers(0, 90 * 86_400, rows), unit="s")
    return pd.DataFrame(
        {
            "customer_id": _who(draw, customers, rows),
            "opened_at": opened,
            "first_response_at": pd.Series(answered).where(draw.random(rows) < 0.8),
            "resolved_at": pd.Series(resolved).where(draw.random(rows) < 0.8),
            "channel": _words(draw, ["mail", "phone", "chat", None], rows),
            "topic": _words(draw, ["delivery", "bill", "return", None], rows),
            "reopened": _words(draw, ["true", "false", None], rows),
            "known_at": _arrivals(draw, opened),
        }
    )


def _times(draw: np.random.Generator, rows: int) -> pd.DatetimeIndex:
    """Return times, some at the same second, some at midnight or in its last second."""
    times = pd.Timestamp("2023-11-01") + pd.to_timedelta(draw.integers(0, 500 * 86_400, rows), unit="s")
    times = times.where(draw.random(rows) < 0.9, times.normalize() + pd.Timedelta(86_399, "s"))
    return times.where(draw.random(rows) < 0.8, times.normalize())


def _arrivals(draw: np.random.Generator, times: pd.DatetimeIndex) -> pd.Series[pd.Timestamp]:
    late = pd.to_timedelta(draw.integers(-5, 40, len(times)), unit="D")
    return pd.Series(times + late).where(draw.random(len(times)) < 0.33)


def _who(draw: np.random.Generator, customers: list[str], rows: int) -> list[str]:
    """Return mostly the first few, and somebody who never bought; the last third never appear."""
    known = [*customers[: -len(customers) // 3], "stranger"]
    return [known[min(place, len(known) - 1)] for place in draw.geometric(0.08, rows) - 1]


def _words(draw: np.random.Generator, words: list[str | None], rows: int) -> list[str | None]:
    return [words[place] for place in draw.integers(0, len(words), rows)]
