"""A bundle without a model in it: scores and reasons follow from the behaviour row by plain arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.tables import Tables
from tests.serving.frames import AS_OF, VERSION, reason_of, scores_of, shop
from training.errors import BundleError


@dataclass(frozen=True)
class FakeOrigin:
    as_of: date = AS_OF
    horizon_days: int = 91
    method: str = "out-of-time"
    features: tuple[str, ...] = ("orders", "days_since_last_order", "median_gap_days")
    zone: str = "Asia/Tokyo"
    currency: str = "JPY"


class FakeBundle:
    """Does what ``training.bundle.Bundle`` does for serving; ``explained`` remembers whom it explained."""

    version = VERSION
    metadata = FakeOrigin()

    def __init__(self, customers: int = 40) -> None:
        self._customers = customers
        self.explained: list[str] = []

    def behaviour(self, tables: Tables, as_of: date) -> pd.DataFrame:  # noqa: ARG002 - the bundle's signature
        return shop(self._customers)[1].sort_values("customer_id", ignore_index=True)

    def score(
        self,
        tables: Tables,  # noqa: ARG002 - the bundle's signature
        as_of: date,  # noqa: ARG002 - the bundle's signature
        *,
        behaviour: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        assert behaviour is not None
        return scores_of(behaviour).drop(columns="run_id").assign(reasons=None)

    def reasons(
        self, behaviour: pd.DataFrame, language: str = "en", limit: int = 3
    ) -> Sequence[Sequence[Mapping[str, object]]]:
        self.explained += behaviour["customer_id"].tolist()
        return [[reason_of(orders, language)][:limit] for orders in behaviour["orders"]]

    def contributions(self, behaviour: pd.DataFrame) -> pd.DataFrame | None:
        return pd.DataFrame(
            {
                "orders": behaviour["orders"] * -0.1,
                "days_since_last_order": behaviour["days_since_last_order"] / 100,
                "attribute.country": 0.0,
            }
        )


def load(folder: Path) -> FakeBundle:
    """Open the fake if its folder is there, as ``Bundle.load`` would."""
    if not folder.is_dir():
        raise BundleError("No such bundle.")
    return FakeBundle()
