"""Who has a contract is scored from a request as a run scores them, whose money their bills are."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from serving.app import create_app
from serving.auth import Scope, create_key
from serving.in_use import ModelInUse
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.training.subscribers import a_business
from training.bundle import Bundle
from training.config import TrainingConfig
from training.fit import fit
from training.policy import Policy

AS_OF = date(2025, 5, 31)
AMONG_ALL = {"churn_percentile", "at_risk_rank", "reasons"}


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return fit(a_business(), AS_OF, TrainingConfig(60, max_moments=2), Policy(margin_rate=0.5))


@pytest.fixture(scope="module")
def client(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("contracts")
    store = Store.open(f"sqlite:///{folder}/scores.db")
    service = ScoringService(store, Shelf(folder, Bundle.load), ModelInUse(bundle))
    with TestClient(create_app(Settings(), service)) as opened:
        opened.headers["X-API-Key"] = create_key(store, "test", Scope, now=datetime.now(UTC))
        yield opened


def history(customer_id: str) -> dict[str, Any]:
    """Return what the business knows of a subscriber, as a request says it."""
    tables = a_business()
    said: dict[str, Any] = {"customer_id": customer_id}
    wanted = {
        "subscriptions": ("started_at", "ended_at", "monthly_amount"),
        "interactions": ("opened_at",),
    }
    for name, columns in wanted.items():
        table = tables.optional[name]
        rows = table.filter(table.customer_id == customer_id).select(*columns).execute()
        said[name] = [
            {str(key): plain(value) for key, value in row.items()} for row in rows.to_dict("records")
        ]
    return said


def plain(value: Any) -> Any:  # noqa: ANN401 - a cell of a frame
    if pd.isna(value):
        return None
    return value.isoformat() if isinstance(value, datetime) else float(value)


def test_subscribers_are_scored_as_the_batch_scores_them(client: TestClient, bundle: Bundle) -> None:
    batch = bundle.score(a_business(), AS_OF).set_index("customer_id", drop=False)
    assert len(batch) > 100
    for customer_id in batch.index[::40]:
        answer = client.post("/v1/scores/compute", json={"customers": [history(customer_id)]})
        assert answer.status_code == 200, answer.text
        (told,) = answer.json()["results"]
        for name, value in batch.loc[customer_id].items():
            got = told["score"][name]
            if name in AMONG_ALL or pd.isna(value):
                assert got is None, name
            elif isinstance(value, float):
                assert math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-9), name
            else:
                assert got == (value.isoformat() if isinstance(value, date) else value), name


def test_who_has_no_running_contract_has_no_score(client: TestClient) -> None:
    over = {"started_at": "2024-02-01", "ended_at": "2024-06-01", "monthly_amount": 10}
    asked = {"customers": [{"customer_id": "s-over", "subscriptions": [over]}]}
    (told,) = client.post("/v1/scores/compute", json=asked).json()["results"]
    assert told == {"customer_id": "s-over", "status": "no_history", "score": None}
