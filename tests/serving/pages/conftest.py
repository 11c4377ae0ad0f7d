from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from serving.background import Background
from serving.pages.sessions import make_link_token
from tests.serving.conftest import Shop
from tests.serving.frames import run_info, shop

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '=HYPERLINK("http://elsewhere.example","x")',
    "\u202egnp.resu\u202c",
    "{{ 7 * 7 }}",
    "長" * 3_400,
    "👩‍👩‍👧\u0001",
    "../customer?id=1#x&lang=ja",
    "javascript:alert(1)",
]
"""Customer ids that would like to be more than text."""


def hostile_shop(run_id: str = "run-1") -> tuple[pd.DataFrame, pd.DataFrame, Background]:
    """A shop of 60 whose most valuable customers have hostile ids; hostile are their attributes, too."""
    scores, behaviour = shop(60, run_id=run_id)
    eligible = scores[scores["score_status"] == "eligible"]
    first = eligible.nlargest(len(HOSTILE), "value_at_risk")["customer_id"]
    renamed = dict(zip(first, HOSTILE, strict=True))
    for frame in (scores, behaviour):
        frame["customer_id"] = frame["customer_id"].replace(renamed)
    countries = ["JP", "<script>alert(2)</script>", '"><svg onload=alert(2)>', "\u202eEG"]
    known = {
        "customer_id": scores["customer_id"],
        "country": [countries[number % 4] for number in range(len(scores))],
        '"><b>plan': ["gold" if number % 2 else "silver" for number in range(len(scores))],
    }
    return scores, behaviour, Background(attributes=pd.DataFrame(known))


@pytest.fixture
def visitor(served: Shop) -> TestClient:
    """A browser without a key that is signed in; it does not follow redirects."""
    return signed_in(served)


def signed_in(shop: Shop) -> TestClient:
    client = TestClient(shop.client.app, raise_server_exceptions=False, follow_redirects=False)
    token = make_link_token(shop.store, now=datetime.now(UTC))
    assert client.post("/sign-in", data={"token": token}).headers["location"] == "/"
    return client


@pytest.fixture
def hostile(unpublished: Shop) -> TestClient:
    """The same, on the hostile shop."""
    scores, behaviour, background = hostile_shop()
    unpublished.store.publish(scores, behaviour, run=run_info(), background=background)
    return signed_in(unpublished)
