"""Behaviour from rows in hand, for scoring while somebody waits."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache

import pandas as pd

from features.intake import Intake, Rows
from features.layout import Layout
from features.online import OnlineBehaviour
from features.reference import Reference
from training.attributes import Attributes

__all__ = ["Online", "Rows", "online"]

CUSTOMERS = "customers"
KEPT = 2  # layouts: that of the model in use, and that of the one that takes its place


class Online:
    """Plans for data of one layout; threads take turns."""

    def __init__(self, layout: Layout, zone: str, currency: str, attributes: Attributes) -> None:
        """Make the plans, which takes seconds."""
        self._tables = layout.given
        self._attributes = attributes
        self._intake = Intake(layout, zone, currency, attributes.names)
        self._behaviour = OnlineBehaviour(
            self._intake.shapes, layout.there, layout.rules, contract=layout.contract
        )

    def behaviour(self, rows: Rows, as_of: date, reference: Reference) -> pd.DataFrame:
        """Return the behaviour table at ``as_of``, as a bundle's `behaviour`, of the customers in ``rows``.

        ``rows`` are texts, by contract table; those of tables that the data behind the model did not have are
        not looked at. Raises ``features.errors.RowsRefusedError``.
        """
        accepted = self._intake.accepted({name: rows[name] for name in self._tables if name in rows}, as_of)
        behaviour = self._behaviour.at(as_of, reference, accepted)
        if not self._attributes.columns:
            return behaviour
        texts = pd.DataFrame(columns=["customer_id", *self._attributes.names], dtype=object)
        if CUSTOMERS in accepted:
            texts = accepted[CUSTOMERS].select(list(texts.columns)).to_pandas()
        return self._attributes.said_of(behaviour, texts.set_index("customer_id"))


def online(layout: Layout, zone: str, currency: str, attributes: Attributes) -> Online:
    """Return the plans for data of a layout, from those that stand if it was asked before."""
    return _kept(layout, zone, currency, json.dumps(attributes.to_dict()))


@lru_cache(maxsize=KEPT)
def _kept(layout: Layout, zone: str, currency: str, attributes: str) -> Online:
    return Online(layout, zone, currency, Attributes.from_dict(json.loads(attributes)))
