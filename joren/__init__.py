"""Joren (常連): which customers are about to leave, what each is worth, why, and whom it pays to keep.

::

    import joren
    from datetime import date

    data = joren.DataConfig({"transactions": joren.Source("sales.csv", {"amount": "total"})})
    tables = joren.read_tables(data)
    bundle = joren.fit(tables, date(2026, 3, 31), joren.TrainingConfig(horizon_days=90), joren.Policy())
    scores = bundle.score(tables, date(2026, 3, 31))

The names are imported when they are first used: the command line starts without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from features.catalogue import CATALOGUE as CATALOGUE
    from features.errors import JorenError as JorenError
    from features.labels import outcomes_in as outcomes_in
    from features.reference import Reference as Reference
    from features.reference import reference_at as reference_at
    from features.sources import read_tables as read_tables
    from features.sources import tables_from_frame as tables_from_frame
    from features.table import behaviour_table as behaviour_table
    from features.tables import DataConfig as DataConfig
    from features.tables import Source as Source
    from features.tables import Tables as Tables
    from features.window import Window as Window
    from training.backtest import hold_out as hold_out
    from training.bundle import Bundle as Bundle
    from training.config import TrainingConfig as TrainingConfig
    from training.evaluate import Evaluation as Evaluation
    from training.fit import fit as fit
    from training.policy import Policy as Policy
    from training.registry import Registry as Registry

__version__ = "0.1.0"

_HOMES = {
    "CATALOGUE": "features.catalogue",
    "Bundle": "training.bundle",
    "DataConfig": "features.tables",
    "Evaluation": "training.evaluate",
    "JorenError": "features.errors",
    "Policy": "training.policy",
    "Reference": "features.reference",
    "Registry": "training.registry",
    "Source": "features.tables",
    "Tables": "features.tables",
    "TrainingConfig": "training.config",
    "Window": "features.window",
    "behaviour_table": "features.table",
    "fit": "training.fit",
    "hold_out": "training.backtest",
    "outcomes_in": "features.labels",
    "read_tables": "features.sources",
    "reference_at": "features.reference",
    "tables_from_frame": "features.sources",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604  # they are all strings


def __getattr__(name: str) -> object:
    """Import a public name from its home; raises ``AttributeError`` for any other."""
    if name not in _HOMES:
        raise AttributeError(f"module 'joren' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return [*__all__]
