"""Scores from the history in a request are those that a run publishes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import httpx2
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.sources import tables_from_frame
from serving.app import create_app
from serving.auth import Scope, create_key
from serving.batch import publish_run, score_run
from serving.in_use import ModelInUse
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.features.people import made_up_people
from tests.features.shop import made_up_shop, with_cancellations
from tests.serving.conftest import Shop
from training.bundle import Bundle
from training.config import TrainingConfig
from training.fit import fit
from training.panel import Method
from training.policy import Policy

AS_OF = date(2024, 12, 31)
AMONG_ALL = ("churn_percentile", "at_risk_rank", "run_id", "reasons")
PATH = "/v1/scores/compute"


@dataclass(frozen=True)
class Computing:
    """A running service, and the frames behind its published run."""

    client: TestClient
    bundle: Bundle
    frames: Mapping[str, pd.DataFrame]

    def history(self, customer_id: str) -> dict[str, Any]:
        """Return the customer's whole history as a request says it."""
        of = {
            name: rows_of(frame[frame["customer_id"] == customer_id]) for name, frame in self.frames.items()
        }
        profiles = [row | {"attributes": {"Plan": row.pop("Plan", None)}} for row in of.pop("customers")]
        return {"customer_id": customer_id, "profile": profiles[0] if profiles else None, **of}

    def ask(self, *customers: dict[str, Any], query: str = "", **more: object) -> httpx2.Response:
        return self.client.post(PATH + query, json={"customers": customers, **more})


def rows_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as JSON would hold them: numbers as numbers, times as texts, flags as flags."""
    return [
        {str(name): plain(str(name), value) for name, value in row.items() if name != "customer_id"}
        for row in frame.astype(object).to_dict("records")
    ]


def plain(name: str, value: object) -> object:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    if name in {"is_return", "reopened", "randomised"}:
        return str(value).lower() == "true"
    if isinstance(value, (int, float, np.number)):
        return float(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)


@pytest.fixture(scope="module")
def computing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Computing]:
    """A shop with all tables, refunds, cancelled orders and attributes, and a bundle from its folder."""
    shop = with_cancellations(made_up_shop(21, customers=60, rows=900), 3)
    ids = sorted(shop["customer_id"].unique())
    people = made_up_people(21, ids)
    plans = pd.Series(["Gold", "Free"] * len(ids)).head(len(people["customers"]))
    people["customers"] = people["customers"].assign(Plan=plans)
    tables = tables_from_frame(shop, others=people, zone="Asia/Tokyo", currency="JPY", refused_share_limit=1)
    config = TrainingConfig(horizon_days=60, attributes=("Plan",))
    fitted = fit(tables, AS_OF, config, Policy(), method=Method.LIFETIME_VALUE_ONLY)
    folder = tmp_path_factory.mktemp("computing")
    fitted.save(folder / "bundles" / fitted.version)
    bundle = Bundle.verified(folder / "bundles" / fitted.version)
    store = Store.open(f"sqlite:///{folder}/scores.db")
    now = datetime.now(UTC)
    publish_run(score_run(bundle, tables, AS_OF, "run-1"), store, published_at=now)
    service = ScoringService(store, Shelf(folder / "bundles", Bundle.load), ModelInUse(bundle))
    with TestClient(create_app(Settings(key_cache_seconds=0), service)) as client:
        client.headers["X-API-Key"] = create_key(store, "test", Scope, now=now)
        yield Computing(client, bundle, {"transactions": shop, **people})


def assert_same(told: Mapping[str, Any], published: Mapping[str, Any]) -> None:
    for name, value in published.items():
        if name in AMONG_ALL:
            assert told[name] is None, name
        elif isinstance(value, float):
            assert math.isclose(told[name], value, rel_tol=1e-9, abs_tol=1e-9), name
        else:
            assert told[name] == value, name


def test_a_dozen_customers_are_scored_as_the_run_scored_them(computing: Computing) -> None:
    ids = computing.client.get("/v1/at-risk?limit=100").json()["data"]
    chosen = [*[one["customer_id"] for one in ids[::3]][:10], "yearly", "advent"]
    told = computing.ask(*map(computing.history, chosen)).json()
    assert told["as_of"] == str(AS_OF)
    assert told["model_version"] == computing.bundle.version
    assert set(told["tables"]) == set(computing.frames)
    assert [one["customer_id"] for one in told["results"]] == chosen
    for one in told["results"]:
        published = computing.client.get(f"/v1/customers/{one['customer_id']}/score").json()
        assert_same(one["score"], published)
    alone = computing.ask(computing.history("yearly")).json()["results"][0]
    assert alone == told["results"][-2]


def test_reasons_are_given_when_they_are_asked_for(computing: Computing) -> None:
    query = "reasons=true&language=ja"
    told = computing.ask(computing.history("yearly"), query=f"?{query}").json()["results"][0]["score"]
    stored = computing.client.get(f"/v1/customers/yearly/score?{query}").json()
    assert [one["text"] for one in told["reasons"]] == [one["text"] for one in stored["reasons"]]


def test_later_rows_change_nothing_and_a_customer_to_come_has_no_history(computing: Computing) -> None:
    history = computing.history("yearly")
    told = computing.ask(history).json()["results"][0]
    later = history | {"transactions": [*history["transactions"], {"timestamp": "2025-02-01", "amount": 9}]}
    assert computing.ask(later).json()["results"][0] == told
    moved = computing.ask(later, as_of="2025-03-31").json()
    assert moved["as_of"] == "2025-03-31"
    assert moved["results"][0]["score"]["historic_number_of_orders"] == 3
    before = computing.ask(later, {"customer_id": "nobody"}, as_of="2020-01-01").json()["results"]
    assert [(one["status"], one["score"]) for one in before] == [("no_history", None)] * 2


def test_a_new_customer_with_unknown_goods_is_scored(computing: Computing) -> None:
    line = {"timestamp": "2024-12-30T10:00:00Z", "amount": "12.50", "product_id": "never seen", "quantity": 1}
    survey = {"submitted_at": "2024-12-31", "kind": "ces", "score": None}
    told = computing.ask({"customer_id": "a/b 顧客", "transactions": [line], "surveys": [survey]}).json()
    score = told["results"][0]["score"]
    assert (score["customer_id"], score["score_status"]) == ("a/b 顧客", "new_customer")
    assert score["average_order_value"] == 12.5


def test_refused_rows_are_named_by_place_and_code_and_never_by_value(computing: Computing) -> None:
    bad = [{"timestamp": "2024-01-01", "amount": "secret"}, {"timestamp": "3/4/2024", "amount": 1}]
    sound = [{"timestamp": "2024-01-01", "amount": 1, "line_id": "7"}]
    answer = computing.ask(
        {"customer_id": "c-7f", "transactions": sound},
        {"customer_id": "00123", "transactions": [*bad, *sound], "profile": {"known_at": "yesterday"}},
    )
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:joren:problem:refused-rows"
    named = {(one["pointer"], one["code"]) for one in answer.json()["errors"]}
    assert named == {
        ("/customers/1/transactions/0", "unreadable_amount"),
        ("/customers/1/transactions/1", "ambiguous_timestamp"),
        ("/customers/1/transactions/2", "repeated_line_id"),
        ("/customers/1/profile", "unreadable_known_at"),
    }
    assert "secret" not in answer.text
    counted = computing.client.get("/metrics").text
    assert 'rows_refused_total{reason="unreadable_amount",source="request"} 1.0' in counted
    assert 'model_infer_duration_seconds_count{kind="history"}' in counted
    many = computing.ask({"customer_id": "c-7f", "transactions": [{}] * 500}).json()["errors"]
    assert len(many) == 100


@pytest.mark.parametrize(
    "body",
    [
        {"customers": []},
        {"customers": [{"customer_id": f"c-{number}"} for number in range(21)]},
        {"customers": [{"customer_id": "c-1"}, {"customer_id": "c-1"}]},
        {"customers": [{"customer_id": ""}]},
        {"customers": [{"customer_id": 7}]},
        {"customers": [{"customer_id": "c-1", "purchases": []}]},
        {"customers": [{"customer_id": "c-1", "transactions": [{"colour": "red"}]}]},
        {"customers": [{"customer_id": "c-1", "transactions": [{"amount": True}]}]},
        {"customers": [{"customer_id": "c-1", "transactions": [{"timestamp": 1_700_000_000}]}]},
        {"customers": [{"customer_id": "c-1", "transactions": [{"is_return": "yes"}]}]},
        {"customers": [{"customer_id": "c-1"}], "as_of": "31.12.2024"},
        {"customers": [{"customer_id": "c-1"}], "as_of": 20241231},
        {"customers": [{"customer_id": "c-1"}], "as_of": "1066-10-14"},
    ],
)
def test_what_is_no_history_is_a_422(computing: Computing, body: dict[str, Any]) -> None:
    answer = computing.client.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_huge_and_strange_values_are_refused_or_read_but_never_a_fault(computing: Computing) -> None:
    for amount, status in ((10**400, 422), (1e308, 422), (-0.0, 200), (1e-300, 200), ("1e3", 200), ("", 422)):
        line = {"timestamp": "2024-12-30", "amount": amount, "product_id": "\0", "channel": "x" * 10_000}
        answer = computing.ask({"customer_id": "c-7f", "transactions": [line]})
        assert answer.status_code == status, amount


def test_without_a_model_nothing_is_computed(served: Shop) -> None:
    answer = served.client.post(PATH, json={"customers": [{"customer_id": "c-7f"}]})
    assert answer.status_code == 503
    assert answer.json()["type"] == "urn:joren:problem:model-unavailable"
