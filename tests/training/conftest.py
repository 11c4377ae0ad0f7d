"""A small real data set for the models: CDNOW's published one-in-ten sample, out of lifetimes."""

from __future__ import annotations

from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from tests.made_once import made_once
from training.bundle import Bundle
from training.clv_holdout import Holdout
from training.config import TrainingConfig
from training.fit import fit
from training.models.bgnbd import BGNBD
from training.policy import Policy

AS_OF = date(1998, 3, 31)
CONFIG = TrainingConfig(horizon_days=91)
POLICY = Policy(margin_rate=0.4)


@pytest.fixture(scope="session")
def purchases() -> pd.DataFrame:
    """6,919 shuffled rows of 2,357 customers, 1997-01-01 to 1998-06-30; the ids are no numbers."""
    spec = find_spec("lifetimes")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt"
    rows = pd.read_csv(
        file, sep=r"\s+", header=None, names=["master", "customer", "date", "cds", "amount"], dtype=str
    )
    return pd.DataFrame(
        {
            "customer_id": "c-" + rows["customer"],
            "timestamp": pd.to_datetime(rows["date"], format="%Y%m%d"),
            "amount": rows["amount"].astype(float),
        }
    ).sample(frac=1.0, random_state=7, ignore_index=True)


@pytest.fixture(scope="session")
def tables(purchases: pd.DataFrame) -> Tables:
    return tables_from_frame(purchases)


@pytest.fixture(scope="session")
def bundle(tables: Tables, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    def fitted(folder: Path) -> None:
        fit(tables, AS_OF, CONFIG, POLICY).save(folder / "bundle")

    return Bundle.load(made_once(tmp_path_factory, "bundle", fitted) / "bundle")


@pytest.fixture(scope="session")
def behaviour(tables: Tables, bundle: Bundle) -> pd.DataFrame:
    return bundle.behaviour(tables, AS_OF)


@pytest.fixture(scope="session")
def holdout(tables: Tables) -> Holdout:
    """BG/NBD and Gamma-Gamma on trial: fitted by the end of September 1997, nine months held out."""
    return Holdout.of(tables, date(1998, 6, 30), 273, BGNBD)
