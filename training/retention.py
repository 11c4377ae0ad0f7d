"""Contracts: sBG fitted to subscriptions, and how many renew, seen beside fitted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.period import Period
from features.tenures import grouped_tenures
from training.frames import as_frame
from training.models.sbg import ShiftedBetaGeometric

__all__ = ["Renewal", "fit_tenures"]


@dataclass(frozen=True)
class Renewal:
    """The ``number``-th renewal: how many subscriptions came to it, and how many renewed.

    ``retention`` and ``survival`` are the model's: the share that renews of those who come to it, and of all
    who ever began. ``seen_survival`` is Kaplan and Meier's.
    """

    number: int
    came: int
    renewed: int
    retention: float
    survival: float
    seen_survival: float


def fit_tenures(
    subscriptions: ir.Table, as_of: date, period: Period
) -> tuple[ShiftedBetaGeometric, tuple[Renewal, ...]]:
    """Return sBG fitted to the subscriptions known at ``as_of``, which renew every ``period``; and renewals.

    Raises ``NotEnoughDataError`` where none has come to a renewal, ``ConvergenceError``.
    """
    seen = as_frame(grouped_tenures(subscriptions, as_of, period))
    model = ShiftedBetaGeometric.fit(seen["renewals"], seen["ended"], seen["customers"])
    return replace(model, unit_days=period.days), tuple(_renewals(seen, model))


def _renewals(seen: pd.DataFrame, model: ShiftedBetaGeometric) -> list[Renewal]:
    """Return the renewals that anyone has come to; who is still in the period before has not."""
    numbers = np.arange(1, int((seen["renewals"] + seen["ended"]).max()) + 1)
    renewals, ended, customers = (seen[name].to_numpy() for name in ("renewals", "ended", "customers"))
    renewed = np.array([customers[renewals >= k].sum() for k in numbers])
    refused = np.array([customers[(renewals == k - 1) & (ended > 0)].sum() for k in numbers])
    survival = np.cumprod(renewed / np.maximum(renewed + refused, 1))
    fitted = zip(model.retention(numbers), model.survival(numbers), survival, strict=True)
    return [
        Renewal(int(k), int(renewed[k - 1] + refused[k - 1]), int(renewed[k - 1]), *map(float, told))
        for k, told in zip(numbers, fitted, strict=True)
    ]
