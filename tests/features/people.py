"""What a made-up shop knows of its customers beside their purchases: random, with every kind of gap in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["made_up_people"]


def made_up_people(seed: int, customers: list[str], *, rows: int = 300) -> dict[str, pd.DataFrame]:
    """Return the optional tables, November 2023 to March 2025, about ``customers`` and a stranger."""
    draw = np.random.default_rng(seed)
    return {
        "interactions": _interactions(draw, customers, rows),
        "surveys": _surveys(draw, customers, rows),
        "loyalty": _loyalty(draw, customers, rows),
        "subscriptions": _subscriptions(draw, customers, rows),
        "treatments": _treatments(draw, customers, rows),
        "customers": _customers(draw, customers),
    }


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


def _surveys(draw: np.random.Generator, customers: list[str], rows: int) -> pd.DataFrame:
    submitted = _times(draw, rows)
    kinds = draw.integers(0, 3, rows)
    lowest, highest = np.array([0, 1, 1])[kinds], np.array([10, 5, 7])[kinds]
    scores = lowest + np.round(draw.random(rows) * (highest - lowest) * 2) / 2
    return pd.DataFrame(
        {
            "customer_id": _who(draw, customers, rows),
            "submitted_at": submitted,
            "kind": np.array(["nps", "csat", "ces"])[kinds],
            "score": pd.Series(scores).where(draw.random(rows) < 0.7),
            "known_at": _arrivals(draw, submitted),
        }
    )


def _loyalty(draw: np.random.Generator, customers: list[str], rows: int) -> pd.DataFrame:
    changed = _times(draw, rows)
    return pd.DataFrame(
        {
            "customer_id": _who(draw, customers, rows),
            "changed_at": changed,
            "tier": _words(draw, ["bronze", "silver", "gold", "onyx", None], rows),
            "points": pd.Series(np.round(draw.gamma(2.0, 300.0, rows), 1)).where(draw.random(rows) < 0.8),
            "known_at": _arrivals(draw, changed),
        }
    )


def _subscriptions(draw: np.random.Generator, customers: list[str], rows: int) -> pd.DataFrame:
    started = _times(draw, rows)
    ended = started + pd.to_timedelta(draw.integers(0, 60, rows), unit="D")
    return pd.DataFrame(
        {
            "customer_id": _who(draw, customers, rows),
            "started_at": started,
            "ended_at": pd.Series(ended).where(draw.random(rows) < 0.9),
            "plan": _words(draw, ["small", "large", None], rows),
            "monthly_amount": pd.Series(draw.integers(100, 1500, rows) / 100).where(draw.random(rows) < 0.9),
            "known_at": _arrivals(draw, started),
        }
    )


def _treatments(draw: np.random.Generator, customers: list[str], rows: int) -> pd.DataFrame:
    sent = _times(draw, rows)
    return pd.DataFrame(
        {
            "customer_id": _who(draw, customers, rows),
            "sent_at": sent,
            "campaign": _words(draw, ["spring", "summer", "win-back"], rows),
            "arm": _words(draw, ["Control", "control", "voucher", "call"], rows),
            "cost": pd.Series(draw.integers(0, 300, rows) / 100).where(draw.random(rows) < 0.9),
            "known_at": _arrivals(draw, sent),
        }
    )


def _customers(draw: np.random.Generator, customers: list[str]) -> pd.DataFrame:
    listed = [*customers[: -len(customers) // 5], "stranger"]
    signed_up = _times(draw, len(listed)) - pd.Timedelta(150, "D")
    return pd.DataFrame(
        {
            "customer_id": listed,
            "signed_up_at": pd.Series(signed_up).where(draw.random(len(listed)) < 0.8),
            "acquisition_channel": _words(draw, ["search", "friend", "shop", None], len(listed)),
            "acquisition_cost": pd.Series(draw.integers(0, 4000, len(listed)) / 100).where(
                draw.random(len(listed)) < 0.8
            ),
            "known_at": _arrivals(draw, signed_up),
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
