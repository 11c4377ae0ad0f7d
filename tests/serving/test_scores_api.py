from __future__ import annotations

import json
import math
import shutil
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest

from serving.spreadsheet import to_csv
from serving.store import Store
from tests.serving.conftest import Shop, running
from tests.serving.frames import HOSTILE_IDS, VERSION, reason_of, run_info, shop
from training.score_schema import SCORE_COLUMNS


def score_path(customer_id: str) -> str:
    return f"/v1/customers/{quote(customer_id, safe='')}/score"


def plain(row: dict[str, object]) -> dict[str, object]:
    """The row of a frame as JSON would say it."""
    missing = {name: None for name, value in row.items() if isinstance(value, float) and math.isnan(value)}
    return json.loads(json.dumps(row | missing, default=date.isoformat))


def unexplained(served: Shop) -> pd.Series:
    """A customer whose reasons were not stored with the run."""
    return served.scores[served.scores["reasons"].isna()].iloc[0]


def test_a_score_over_http_is_the_score_of_the_batch(served: Shop) -> None:
    for row in served.scores.head(30).to_dict("records"):
        answer = served.client.get(score_path(row["customer_id"]))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.json() == plain(row)
        assert tuple(answer.json()) == SCORE_COLUMNS


def test_either_database_gives_the_same_answers(store: Store, tmp_path: Path) -> None:
    scores, behaviour = shop()
    store.publish(scores, behaviour, run=run_info())
    with running(store, tmp_path / "app") as opened:
        for row in scores.to_dict("records"):
            assert opened.client.get(score_path(row["customer_id"])).json() == plain(row)
        answer = opened.client.post("/v1/scores/lookup", json={"customer_ids": list(scores["customer_id"])})
        assert [result["score"] for result in answer.json()["results"]] == [
            plain(row) for row in scores.to_dict("records")
        ]
        first = opened.client.get("/v1/at-risk", params={"limit": 5, "reasons": "true"})
        following = opened.client.get("/v1/at-risk", params={"cursor": first.json()["next_cursor"]})
        assert following.status_code == 200
        assert opened.client.get("/readyz").status_code == 200


@pytest.mark.parametrize("customer_id", HOSTILE_IDS)
def test_any_id_works_percent_encoded(served: Shop, customer_id: str) -> None:
    answer = served.client.get(score_path(customer_id))
    assert answer.json()["customer_id"] == customer_id


@pytest.mark.parametrize("customer_id", ["nobody", "C-7F", "00123 ", "123", "a/b", "score", "%", "..%2f"])
def test_an_unknown_id_is_not_found_and_not_repeated(served: Shop, customer_id: str) -> None:
    answer = served.client.get(score_path(customer_id))
    assert answer.status_code == 404
    assert answer.json() | {"request_id": ""} == {
        "type": "urn:joren:problem:customer-not-found",
        "title": "Customer not found",
        "status": 404,
        "detail": "No customer of this id has been scored.",
        "request_id": "",
    }


@pytest.mark.parametrize(
    "path", ["/v1/customers//score", "/v1/customers/%00/score", "/v1/customers/a%00b/score"]
)
def test_what_can_be_no_id_is_a_422(served: Shop, path: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code == 422
    assert [item["where"] for item in answer.json()["errors"]] == ["path"]


def test_before_the_first_run_the_answer_says_so(unpublished: Shop) -> None:
    for path in (score_path("c-7f"), "/v1/at-risk", "/v1/models/current"):
        answer = unpublished.client.get(path)
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:joren:problem:not-published"
    answer = unpublished.client.post("/v1/scores/lookup", json={"customer_ids": ["c-7f"]})
    assert answer.status_code == 503


def test_reasons_are_computed_on_demand_and_in_the_language_asked(served: Shop) -> None:
    customer = unexplained(served)
    orders, path = customer["historic_number_of_orders"], score_path(customer["customer_id"])
    assert served.client.get(path).json()["reasons"] is None
    for language in ("en", "ja"):
        answer = served.client.get(path, params={"reasons": "true", "language": language})
        assert answer.json()["reasons"] == [reason_of(orders, language)]


def test_stored_english_reasons_do_not_stand_in_for_another_language(served: Shop) -> None:
    customer = served.scores[served.scores["reasons"].notna()].iloc[0]
    orders, path = customer["historic_number_of_orders"], score_path(customer["customer_id"])
    assert served.client.get(path).json()["reasons"] == [reason_of(orders, "en")]
    assert served.client.get(path, params={"language": "ja"}).json()["reasons"] is None
    both = served.client.get(path, params={"language": "ja", "reasons": "true"}).json()
    assert both["reasons"] == [reason_of(orders, "ja")]


def test_reasons_that_can_no_longer_be_computed_are_told(served: Shop) -> None:
    path = score_path(unexplained(served)["customer_id"])
    with served.store.database.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET behaviour_columns = NULL")
    answer = served.client.get(path, params={"reasons": "true"})
    assert (answer.status_code, answer.json()["title"]) == (410, "Reasons unavailable")
    assert served.client.get(path).status_code == 200


def test_without_its_bundle_a_score_is_still_there_but_not_its_reasons(served: Shop) -> None:
    shutil.rmtree(served.bundles / VERSION)
    path = score_path(unexplained(served)["customer_id"])
    assert served.client.get(path).status_code == 200
    answer = served.client.get(path, params={"reasons": "true"})
    assert (answer.status_code, answer.json()["title"]) == (503, "Model unavailable")


def test_an_unchanged_score_is_a_304(served: Shop) -> None:
    path = score_path("c-7f")
    first = served.client.get(path)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = served.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
    assert served.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200
    explained = served.client.get(path, params={"reasons": "true"}).headers["ETag"]
    served.store.publish(*shop(200, run_id="run-2"), run=run_info("run-2"))
    changed = served.client.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert len({etag, explained, changed.headers["ETag"]}) >= 2


@pytest.mark.parametrize(
    "query",
    [
        "x=1",
        "reasons=perhaps",
        "language=fr",
        "language=",
        "reasons=true&reasons=true",
        "Reasons=true",
        "__proto__=1",
    ],
)
def test_parameters_that_are_not_known_or_not_right_are_refused(served: Shop, query: str) -> None:
    answer = served.client.get(f"{score_path('c-7f')}?{query}")
    assert answer.status_code == 422
    assert {item["where"] for item in answer.json()["errors"]} == {"query"}


def test_a_lookup_keeps_the_order_and_answers_every_id(served: Shop) -> None:
    asked = ["nobody", *HOSTILE_IDS, "c-7f", "nobody"]
    answer = served.client.post("/v1/scores/lookup", json={"customer_ids": asked})
    assert answer.status_code == 200
    assert answer.json()["run_id"] == "run-1"
    results = answer.json()["results"]
    assert [result["customer_id"] for result in results] == asked
    for result in results:
        if result["customer_id"] == "nobody":
            assert (result["status"], result["score"]) == ("not_found", None)
        else:
            alone = served.client.get(score_path(result["customer_id"])).json()
            assert (result["status"], result["score"]) == ("found", alone)


def test_a_lookup_of_a_thousand_is_the_most(served: Shop) -> None:
    thousand = [f"nobody-{number}" for number in range(999)] + ["c-7f"]
    answer = served.client.post("/v1/scores/lookup", json={"customer_ids": thousand})
    assert [result["status"] for result in answer.json()["results"]].count("found") == 1
    for asked in ([*thousand, "c-7f"], []):
        refused = served.client.post("/v1/scores/lookup", json={"customer_ids": asked})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/customer_ids")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/customer_ids"),
        ({"customer_ids": "c-7f"}, "/customer_ids"),
        ({"customer_ids": None}, "/customer_ids"),
        ({"customer_ids": ["c-7f", 7]}, "/customer_ids/1"),
        ({"customer_ids": [True]}, "/customer_ids/0"),
        ({"customer_ids": [None]}, "/customer_ids/0"),
        ({"customer_ids": [["c-7f"]]}, "/customer_ids/0"),
        ({"customer_ids": ["c-7f", ""]}, "/customer_ids/1"),
        ({"customer_ids": ["nul\0"]}, "/customer_ids/0"),
        ({"customer_ids": ["c-7f"], "secret-field": 1}, ""),
        ([], ""),
        ("c-7f", ""),
        (7, ""),
    ],
)
def test_a_lookup_of_the_wrong_shape_names_the_place_and_repeats_nothing(
    served: Shop, body: object, pointer: str
) -> None:
    answer = served.client.post("/v1/scores/lookup", json=body)
    assert answer.status_code == 422
    assert pointer in {item["pointer"] for item in answer.json()["errors"]}
    assert "c-7f" not in answer.text
    assert "secret-field" not in answer.text


def test_csv_of_odd_rows_keeps_numbers_numbers() -> None:
    row = {"customer_id": "-1+1", "value_at_risk": -1.5, "margin_assumed": True, "reasons": [{"text": "@x"}]}
    assert to_csv([row, dict.fromkeys(row)], list(row)).splitlines() == [
        "customer_id,value_at_risk,margin_assumed,reasons",
        "'-1+1,-1.5,true,'@x",
        ",,,",
    ]
