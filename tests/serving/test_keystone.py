"""With a real bundle, fitted on real purchases: Python, the batch and HTTP say the same."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.sources import tables_from_frame
from features.tables import Tables
from joren.example import CDNOW_AS_OF, CDNOW_COLUMNS, CDNOW_HORIZON_DAYS, cdnow_rows
from serving.app import create_app
from serving.auth import Scope, create_key
from serving.batch import publish_run, score_run
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from training.bundle import Bundle
from training.config import TrainingConfig
from training.fit import fit
from training.policy import Policy
from training.score_schema import SCORE_COLUMNS

CUSTOMERS = 300
EXPLAINED = 20


@dataclass(frozen=True)
class Published:
    bundle: Bundle
    tables: Tables
    scores: pd.DataFrame
    client: TestClient


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """CDNOW's first customers, scored by a bundle that went through its folder, published and served."""
    folder = tmp_path_factory.mktemp("keystone")
    purchases = pd.DataFrame(cdnow_rows(), columns=list(CDNOW_COLUMNS))
    first = purchases[purchases["customer_id"] <= f"{CUSTOMERS:05}"]
    tables = tables_from_frame(first[["customer_id", "timestamp", "amount"]], currency="USD")
    fitted = fit(tables, CDNOW_AS_OF, TrainingConfig(horizon_days=CDNOW_HORIZON_DAYS), Policy())
    fitted.save(folder / "bundles" / fitted.version)
    bundle = Bundle.load(folder / "bundles" / fitted.version)
    store = Store.open(f"sqlite:///{folder}/scores.db")
    now = datetime.now(UTC)
    scored = score_run(bundle, tables, CDNOW_AS_OF, "run-1", reasons_for=EXPLAINED)
    publish_run(scored, store, published_at=now)
    service = ScoringService(store, Shelf(folder / "bundles", Bundle.load))
    with TestClient(create_app(Settings(), service)) as client:
        client.headers["X-API-Key"] = create_key(store, "test", Scope, now=now)
        yield Published(bundle, tables, scored.scores, client)


def score_of(published: Published, customer_id: str, **query: str) -> dict[str, object]:
    answer = published.client.get(f"/v1/customers/{quote(customer_id, safe='')}/score", params=query)
    assert answer.status_code == 200
    score: dict[str, object] = answer.json()
    return score


def plain(row: dict[str, object]) -> dict[str, object]:
    missing = {name: None for name, value in row.items() if isinstance(value, float) and math.isnan(value)}
    missing |= {name: None for name, value in row.items() if value is pd.NA}
    return json.loads(json.dumps(row | missing, default=date.isoformat))


def test_python_the_batch_and_http_give_the_same_score(published: Published) -> None:
    alone = published.bundle.score(published.tables, CDNOW_AS_OF).assign(run_id="run-1")
    same = [name for name in SCORE_COLUMNS if name != "reasons"]
    pd.testing.assert_frame_equal(alone[same], published.scores[same], check_exact=True)
    for row in published.scores.astype(object).to_dict("records"):
        assert score_of(published, row["customer_id"]) == plain(row)


def test_reasons_on_demand_are_those_that_the_batch_would_have_given(published: Published) -> None:
    behaviour = published.bundle.behaviour(published.tables, CDNOW_AS_OF)
    unexplained = published.scores[published.scores["reasons"].isna()]["customer_id"]
    assert 0 < len(unexplained) < CUSTOMERS
    for language in ("en", "ja"):
        whole = dict(
            zip(behaviour["customer_id"], published.bundle.reasons(behaviour, language), strict=True)
        )
        for customer_id in unexplained.iloc[::25]:
            reasons = score_of(published, customer_id, reasons="true", language=language)["reasons"]
            assert isinstance(reasons, list)
            assert len(reasons) == len(whole[customer_id])
            for given, expected in zip(reasons, whole[customer_id], strict=True):
                assert given["text"] == expected["text"]
                assert given["contribution"] == pytest.approx(expected["contribution"], abs=1e-6)


def test_the_list_is_the_order_of_the_ranks(published: Published) -> None:
    ranked = published.scores.dropna(subset="at_risk_rank").sort_values("at_risk_rank")
    path, walked = "/v1/at-risk?limit=100", []
    while path:
        page = published.client.get(path).json()
        walked += [score["at_risk_rank"] for score in page["data"]]
        path = page["next_cursor"] and f"/v1/at-risk?limit=100&cursor={page['next_cursor']}"
    assert walked == ranked["at_risk_rank"].tolist()


def test_the_model_that_is_told_is_the_one_that_scored(published: Published) -> None:
    told = published.client.get("/v1/models/current").json()
    assert told["version"] == published.bundle.version
    assert told["features"] == list(published.bundle.metadata.features)
    assert told["zone"] == "UTC"
    assert told["customers"] == CUSTOMERS
    assert published.client.get("/readyz").status_code == 200


def test_a_damaged_bundle_is_not_served_from(published: Published, tmp_path: Path) -> None:
    folder = tmp_path / published.bundle.version
    published.bundle.save(folder)
    (folder / "policy.json").write_text("{}", encoding="utf-8")
    service = published.client.app.state.service  # type: ignore[attr-defined]
    broken = ScoringService(service.store, Shelf(tmp_path, Bundle.load))
    assert broken.faults() == ["The model behind the scores cannot be loaded."]
