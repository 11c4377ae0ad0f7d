from __future__ import annotations

import csv
import io
from urllib.parse import parse_qs, urlsplit

import pytest

from features.segments import SEGMENTS
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
    assert answer.headers["Cache-Control"] == "no-store"


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
