"""Golden scores: what a bundle said, when it was made, of a few customers who do not exist.

Whoever is about to use the bundle asks it again: another answer means that it was damaged, or that the
libraries here reckon differently from those it was made with. The customers are drawn feature by feature
from the profile's tenths, so that they are ordinary, and nobody's.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa

from training.score_schema import SCORE_SCHEMA

if TYPE_CHECKING:
    from training.bundle import Bundle

__all__ = ["Golden", "made_up_customers"]

CUSTOMERS = 16
WITHIN = 1e-9
NOT_COMPARED = ("run_id", "reasons", "model_version")
SCHEMA = pa.schema([field for field in SCORE_SCHEMA if field.name not in NOT_COMPARED])

Row = dict[str, Any]


@dataclass(frozen=True)
class Golden:
    """The made-up customers, as of the bundle's own moment, and the scores they were given."""

    as_of: date
    customers: tuple[Row, ...]
    scores: tuple[Row, ...]

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Score made-up customers. Raises ``pyarrow.ArrowException`` for scores that break their schema."""
        customers = made_up_customers(bundle)
        as_of = bundle.metadata.as_of
        table = customers.astype(object).where(customers.notna(), None)
        rows = ({str(name): value for name, value in row.items()} for row in table.to_dict("records"))
        return cls(as_of, tuple(rows), _scored(bundle, customers, as_of))

    def changed(self, bundle: Bundle) -> list[str]:
        """Return the columns in which ``bundle`` now scores any of the customers otherwise, to 1e-9."""
        customers = pd.DataFrame(list(self.customers))
        numbers = customers.columns.drop("customer_id")
        now = _scored(bundle, customers.astype(dict.fromkeys(numbers, np.float64)), self.as_of)
        return [
            name
            for name in SCHEMA.names
            if not all(_same(then[name], today[name]) for then, today in zip(self.scores, now, strict=True))
        ]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return {"as_of": str(self.as_of), "customers": list(self.customers), "scores": list(self.scores)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_json`` gave."""
        return cls(date.fromisoformat(kept["as_of"]), tuple(kept["customers"]), tuple(kept["scores"]))


def made_up_customers(bundle: Bundle) -> pd.DataFrame:
    """Return a behaviour table of customers of whom each feature is one of its tenths, or missing.

    An attribute, of which the profile knows nothing, is 0 or 1. What must agree does: nobody's first order
    comes after the last, or only one on two days.
    """
    draw = np.random.default_rng(0)
    columns: dict[str, Any] = {"customer_id": [f"golden-{number:02}" for number in range(CUSTOMERS)]}
    for name in bundle.metadata.features:
        histogram = bundle.profile.features.get(name)
        if histogram is None:
            columns[name] = draw.integers(0, 2, CUSTOMERS).astype(np.float64)
            continue
        missing = max(counts.missing_share for counts in histogram.moments)
        value = draw.choice(histogram.edges or (math.nan,), CUSTOMERS)
        columns[name] = np.where(draw.random(CUSTOMERS) < missing, math.nan, value)
    table = pd.DataFrame(columns)
    orders = table["orders"].fillna(1.0).clip(lower=1.0).round()
    last = table["days_since_last_order"].fillna(0.0)
    since_last = table["days_since_first_order"].fillna(0.0).clip(lower=0.0)
    table["orders"], table["days_since_last_order"] = orders, last
    table["days_since_first_order"] = last + np.where(orders > 1, since_last + 1.0, 0.0)
    table["paid_orders"] = np.minimum(table["paid_orders"].fillna(0.0), orders)
    return table


def _scored(bundle: Bundle, customers: pd.DataFrame, as_of: date) -> tuple[Row, ...]:
    scores = bundle.score_table(customers, as_of)[SCHEMA.names]
    rows = pa.Table.from_pandas(scores, schema=SCHEMA, preserve_index=False).to_pylist()
    return tuple(json.loads(json.dumps(rows, default=str)))


def _same(then: object, now: object) -> bool:
    if isinstance(then, float) and isinstance(now, float):
        both_missing = math.isnan(then) and math.isnan(now)
        return both_missing or math.isclose(then, now, rel_tol=WITHIN, abs_tol=WITHIN)
    return then == now
