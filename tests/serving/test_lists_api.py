from __future__ import annotations

import csv
import io
from urllib.parse import parse_qs, urlencode, urlsplit

import pandas as pd
import pytest

from features.segments import SEGMENTS
from serving.background import Background
from serving.negotiation import CSV, JSON, preferred
from serving.retention import Retention
from tests.serving.conftest import Shop
from tests.serving.frames import reason_of, run_info, shop
from training.score_schema import SCORE_COLUMNS

PATH = "/v1/at-risk"


def next_link(headers: dict[str, str]) -> str | None:
    link = headers.get("link")
    return None if link is None else link.removeprefix("<").split(">")[0]


def ranked(served: Shop) -> list[str]:
    eligible = served.scores[served.scores["score_status"] == "eligible"]
    ordered = eligible.sort_values(["value_at_risk", "customer_id"], ascending=[False, True])
    return list(ordered["customer_id"])


def test_the_list_begins_with_the_most_value_at_risk(served: Shop) -> None:
    answer = served.client.get(PATH)
    page = answer.json()
    assert [score["customer_id"] for score in page["data"]] == ranked(served)[:20]
    assert page["run_id"] == "run-1"
    assert page["as_of"] == "2026-03-31"
    assert page["published_at"] == "2026-04-01T03:30:00Z"
    assert page["has_more"] is True
    assert answer.headers["Vary"] == "Accept"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    again = served.client.get(PATH, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (again.headers["Vary"], again.headers["Link"]) == ("Accept", answer.headers["Link"])


def test_following_the_link_walks_the_whole_list_once(served: Shop) -> None:
    path, walked = f"{PATH}?limit=37&min_value_at_risk=0.5&reasons=false", []
    while path:
        answer = served.client.get(path)
        page = answer.json()
        walked += [score["customer_id"] for score in page["data"]]
        path = next_link(answer.headers)
        assert page["has_more"] == (path is not None)
        if path:
            asked = parse_qs(urlsplit(path).query)
            assert asked.pop("cursor") == [page["next_cursor"]]
            assert asked == {"limit": ["37"], "min_value_at_risk": ["0.5"], "reasons": ["false"]}
    assert walked == ranked(served)


def test_a_walk_shows_one_run_though_another_is_published_meanwhile(served: Shop) -> None:
    first = served.client.get(PATH, params={"limit": 50})
    served.store.publish(*shop(200, run_id="run-2", seed=9), run=run_info("run-2"))
    second = served.client.get(next_link(first.headers))
    assert second.json()["run_id"] == "run-1"
    assert [score["customer_id"] for score in second.json()["data"]] == ranked(served)[50:100]
    assert served.client.get(PATH).json()["run_id"] == "run-2"
    served.store.prune(Retention(keep_runs=1))
    gone = served.client.get(next_link(first.headers))
    assert (gone.status_code, gone.json()["title"]) == (410, "Cursor expired")


def test_a_cursor_that_was_altered_or_moved_to_another_question_is_refused(served: Shop) -> None:
    cursor = served.client.get(PATH, params={"limit": 5}).json()["next_cursor"]
    for asked in (
        {"cursor": cursor[:-2] + "AA"},
        {"cursor": "AAAA"},
        {"cursor": cursor, "band": "low"},
        {"cursor": cursor, "sort": "churn_probability"},
    ):
        answer = served.client.get(PATH, params=asked)
        assert (answer.status_code, answer.json()["title"]) == (400, "Invalid cursor")
    assert served.client.get(PATH, params={"cursor": cursor, "limit": 7}).status_code == 200


@pytest.mark.parametrize("sort", ["value_at_risk", "churn_probability", "predicted_clv"])
def test_sorting(served: Shop, sort: str) -> None:
    values = [score[sort] for score in served.client.get(PATH, params={"sort": sort}).json()["data"]]
    assert values == sorted(values, reverse=True)


def test_filters(served: Shop) -> None:
    for asked, column, expected in (
        ({"band": "low"}, "churn_band", {"low"}),
        ({"segment": "Champions"}, "segment", {"Champions"}),
        ({"status": "already_churned"}, "score_status", {"already_churned"}),
    ):
        data = served.client.get(PATH, params=asked).json()["data"]
        assert {score[column] for score in data} == expected
    data = served.client.get(PATH, params={"min_churn_probability": 0.8, "min_value_at_risk": 30}).json()[
        "data"
    ]
    assert data
    assert all(score["churn_probability"] >= 0.8 and score["value_at_risk"] >= 30 for score in data)
    empty = served.client.get(PATH, params={"min_value_at_risk": 1e9}).json()
    assert (empty["data"], empty["has_more"], empty["next_cursor"]) == ([], False, None)


def test_every_segment_can_be_asked_for(served: Shop) -> None:
    for segment in SEGMENTS:
        assert served.client.get(PATH, params={"segment": segment.name}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=ten",
        "limit=1&limit=2",
        "sort=reasons",
        "sort=-value_at_risk",
        "band=High",
        "segment=Heroes",
        "status=all",
        "country=",
        "country=%00",
        "country=JP&country=FR",
        "attribute=prefecture",
        "attribute=a:1&attribute=a:2&attribute=a:3&attribute=a:4&attribute=a:5&attribute=a:6",
        "min_value_at_risk=-1",
        "min_value_at_risk=NaN",
        "min_value_at_risk=inf",
        "min_value_at_risk=1e999",
        "min_churn_probability=1.1",
        "cursor=",
        "offset=3",
        "language=de",
    ],
)
def test_questions_that_make_no_sense_are_refused(served: Shop, query: str) -> None:
    answer = served.client.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "query"


def test_reasons_of_a_page_in_japanese(served: Shop) -> None:
    data = served.client.get(PATH, params={"reasons": "true", "language": "ja"}).json()["data"]
    assert len(data) == 20
    for score in data:
        assert score["reasons"] == [reason_of(score["historic_number_of_orders"], "ja")]


def test_csv_holds_the_same_rows_and_runs_no_formula(served: Shop) -> None:
    answer = served.client.get(PATH, params={"limit": 100}, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8"))))
    data = served.client.get(PATH, params={"limit": 100}).json()["data"]
    assert tuple(rows[0]) == SCORE_COLUMNS
    assert len(rows) == len(data) == 100
    for row, score in zip(rows, data, strict=True):
        assert row["customer_id"].removeprefix("'") == score["customer_id"]
        assert float(row["value_at_risk"]) == score["value_at_risk"]
        assert row["reasons"] == "; ".join(reason["text"] for reason in score["reasons"] or [])
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    assert next_link(answer.headers) is not None


def test_lists_are_filtered_by_what_is_known_of_the_customers(served: Shop) -> None:
    ids = ranked(served)
    known = pd.DataFrame(
        {
            "customer_id": ids,
            "country": ["JP" if place % 3 == 0 else "FR" for place in range(len(ids))],
            "prefecture": ["東京都" if place % 2 == 0 else None for place in range(len(ids))],
        }
    )
    scores, behaviour = shop(200, run_id="run-2")
    served.store.publish(scores, behaviour, run=run_info("run-2"), background=Background(known))

    def walked(**asked: object) -> list[str]:
        path: str | None = f"{PATH}?{urlencode({**asked, 'limit': 7}, doseq=True)}"
        found: list[str] = []
        while path:
            answer = served.client.get(path)
            found += [score["customer_id"] for score in answer.json()["data"]]
            path = next_link(answer.headers)
        return found

    assert walked(country="JP") == ids[::3]
    assert walked(attribute="country:JP") == ids[::3]
    assert walked(attribute=["prefecture:東京都", "country:JP"]) == ids[::6]
    assert walked(attribute="prefecture:") == walked(country="jp") == []
    refused = served.client.get(PATH, params={"attribute": "shoe size:44"})
    assert (refused.status_code, refused.json()["title"]) == (422, "Unknown attribute")
    assert "country, prefecture" in refused.json()["detail"]
    assert "shoe" not in refused.text


def test_a_run_that_knows_no_attributes_says_so(served: Shop) -> None:
    refused = served.client.get(PATH, params={"country": "JP"})
    assert (refused.status_code, "none" in refused.json()["detail"]) == (422, True)


def test_segments_add_up_to_the_whole(served: Shop) -> None:
    answer = served.client.get("/v1/segments")
    told = answer.json()
    assert [one["segment"] for one in told["data"]] == [label.name for label in SEGMENTS]
    assert (told["run_id"], told["currency"]) == ("run-1", "JPY")
    assert sum(one["customers"] for one in told["data"]) == 200
    assert sum(one["share"] for one in told["data"]) == pytest.approx(1)
    for one in told["data"]:
        rows = served.scores[served.scores["segment"] == one["segment"]]
        eligible = rows[rows["score_status"] == "eligible"]
        assert one["customers"] == len(rows)
        assert one["value_at_risk"] == pytest.approx(eligible["value_at_risk"].sum())
        assert one["predicted_clv"] == pytest.approx(rows["predicted_clv"].sum())
        mean = None if rows.empty else pytest.approx(rows["churn_probability"].mean())
        assert one["mean_churn_probability"] == mean
    again = served.client.get("/v1/segments", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_a_segment_is_walked_by_id_whatever_the_status(served: Shop) -> None:
    path: str | None = "/v1/segments/At%20Risk/customers?limit=37"
    walked: list[str] = []
    while path:
        answer = served.client.get(path)
        walked += [score["customer_id"] for score in answer.json()["data"]]
        path = next_link(answer.headers)
    rows = served.scores[served.scores["segment"] == "At Risk"]
    assert walked == sorted(rows["customer_id"], key=str.encode)
    churned = {"status": "already_churned", "limit": 100}
    data = served.client.get("/v1/segments/At Risk/customers", params=churned).json()["data"]
    assert len(data) == int((rows["score_status"] == "already_churned").sum()) > 0


def test_a_segment_as_csv_and_its_cursor_elsewhere(served: Shop) -> None:
    path = "/v1/segments/Champions/customers"
    answer = served.client.get(path, params={"limit": 2}, headers={"Accept": "text/csv"})
    assert len(list(csv.DictReader(io.StringIO(answer.text)))) == 2
    cursor = served.client.get(path, params={"limit": 2}).json()["next_cursor"]
    for elsewhere in (f"{PATH}?", "/v1/segments/At Risk/customers?", f"{path}?status=eligible&"):
        answer = served.client.get(f"{elsewhere}cursor={cursor}")
        assert (answer.status_code, answer.json()["title"]) == (400, "Invalid cursor")
    assert served.client.get("/v1/segments/Heroes/customers").status_code == 422


def test_a_segment_with_an_apostrophe_in_its_name_is_walked_too(served: Shop) -> None:
    scores, behaviour = shop(200, run_id="run-2")
    scores["segment"] = "Can't Lose Them"
    served.store.publish(scores, behaviour, run=run_info("run-2"))
    first = served.client.get("/v1/segments/Can't Lose Them/customers")
    second = served.client.get(next_link(first.headers))
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["data"][-1]["customer_id"] < second.json()["data"][0]["customer_id"]


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/csv", CSV),
        ("text/*", CSV),
        ("TEXT/CSV;q=0.9, application/json;q=0.8", CSV),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("application/json;q=0, */*", CSV),
        ("text/csv;q=nonsense, application/json;q=0.1", JSON),
    ],
)
def test_the_accept_header_chooses(accept: str | None, form: str) -> None:
    assert preferred(accept, (JSON, CSV)) == form


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "application/json;q=0", "nonsense"])
def test_what_suits_nobody_is_a_406(served: Shop, accept: str) -> None:
    answer = served.client.get(PATH, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
