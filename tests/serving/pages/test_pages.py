from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from serving.pages.rendering import Pages
from serving.publishing import RunInfo
from serving.service import ScoringService
from serving.spreadsheet import safe_cell
from tests.serving.conftest import Shop
from tests.serving.frames import AS_OF, VERSION, run_info, shop
from tests.serving.pages.conftest import HOSTILE, hostile_shop, signed_in
from tests.serving.test_lists_api import ranked

SIZE = 20


def ids(page: str) -> list[str]:
    return [
        unescape(one) for one in re.findall(r'class="who"><a href="[^"]*"><bdi>(.*?)</bdi>', page, re.DOTALL)
    ]


def next_page(page: str) -> str:
    found = re.search(r'rel="next" href="([^"]+)"', page)
    return unescape(found[1]) if found else ""


def test_the_list_begins_with_the_most_at_stake_and_says_why(served: Shop, visitor: TestClient) -> None:
    page = visitor.get("/").text
    assert ids(page) == ranked(served)[:SIZE]
    eligible = served.scores[served.scores["score_status"] == "eligible"]
    assert f"<b>{len(eligible)}</b> customers could leave within 91 days" in page
    assert f"<b>¥{eligible['value_at_risk'].sum():,.0f}</b>" in page
    assert "31 Mar 2026" in page
    assert "1 Apr 2026 12:30 JST" in page
    assert re.search(r"<li>\d orders so far</li>", page)


def test_the_same_in_japanese(visitor: TestClient) -> None:
    page = visitor.get("/", headers={"Accept-Language": "ja"}).text
    assert '<html lang="ja">' in page
    for told in ("今日連絡したいお客様", "2026年3月31日", "これまでの注文は", "最優良顧客", "円</b>", "高い"):
        assert told in page
    english = visitor.get("/", params={"lang": "en"}, headers={"Accept-Language": "ja"})
    assert '<html lang="en">' in english.text
    assert '<html lang="en">' in visitor.get("/", headers={"Accept-Language": "ja"}).text


def test_walking_shows_each_customer_once(served: Shop, visitor: TestClient) -> None:
    walked, path = [], "/"
    while path:
        page = visitor.get(path).text
        walked += ids(page)
        path = next_page(page)
    assert walked == ranked(served)


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"band": "high"}, "churn_band == 'high'"),
        ({"segment": "Champions", "band": ""}, "segment == 'Champions'"),
        ({"least": "20"}, "value_at_risk >= 20"),
        ({"least": " ¥２０ "}, "value_at_risk >= 20"),
        (
            {"band": "low", "segment": "At Risk", "least": "2.5"},
            "churn_band == 'low' and segment == 'At Risk' and value_at_risk >= 2.5",
        ),
        ({"band": "purple", "segment": "Nobody", "sort": "name"}, "value_at_risk >= 0"),
    ],
)
def test_filters_narrow_the_list(served: Shop, visitor: TestClient, asked: dict[str, str], kept: str) -> None:
    page = visitor.get("/", params=asked).text
    fitting = set(served.scores.query(f"score_status == 'eligible' and {kept}")["customer_id"])
    expected = [one for one in ranked(served) if one in fitting]
    assert ids(page) == expected[:SIZE]
    assert f"<b>{len(expected)}</b>" in page
    second = visitor.get(next_page(page)).text if next_page(page) else ""
    assert ids(second) == expected[SIZE : 2 * SIZE]


def test_the_list_is_sorted_as_asked(served: Shop, visitor: TestClient) -> None:
    page = visitor.get("/", params={"sort": "churn_probability"}).text
    likeliest = served.scores[served.scores["score_status"] == "eligible"].nlargest(SIZE, "churn_probability")
    assert set(ids(page)) == set(likeliest["customer_id"])
    assert page.count('aria-sort="descending"') == 1


def test_an_amount_that_cannot_be_read_is_said_and_left_out(served: Shop, visitor: TestClient) -> None:
    for least in ("many", "-5", "nan", "1e999", "<b>"):
        page = visitor.get("/", params={"least": least}).text
        assert ids(page) == ranked(served)[:SIZE]
        assert "could not be read" in page
        assert "<b>" not in page[page.index('id="least"') : page.index('id="least"') + 200]


def test_a_cursor_that_is_none_leads_to_the_beginning(visitor: TestClient) -> None:
    for cursor in ("x", "é", "A" * 10_000):
        answer = visitor.get("/", params={"cursor": cursor, "band": "high"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/?band=high")


def test_customers_are_told_apart_by_their_attributes(hostile: TestClient) -> None:
    page = hostile.get("/").text
    assert 'value="country:JP"' in page
    assert "Country" in page
    one = hostile.get("/", params={"attribute": ["country:JP", ""]})
    assert 0 < len(ids(one.text)) <= 15
    assert 'value="country:JP" selected' in one.text
    assert len(ids(hostile.get("/", params={"attribute": "country:\0"}).text)) == SIZE
    assert hostile.get("/", params={"attribute": "shoe:44"}).status_code == 422
    assert hostile.get("/at-risk.csv", params={"attribute": "shoe:44"}).status_code == 422


def test_the_file_is_the_whole_list_and_a_spreadsheet_runs_nothing(hostile: TestClient) -> None:
    answer = hostile.get("/at-risk.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="at-risk-2026-03-31.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbfPlace,Customer")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    eligible = (
        hostile_shop()[0]
        .query("score_status == 'eligible'")
        .sort_values(["value_at_risk", "customer_id"], ascending=[False, True])
    )
    assert [row["Customer"] for row in rows] == [safe_cell(one) for one in eligible["customer_id"]]
    assert [float(row["At stake"]) for row in rows] == pytest.approx(
        list(eligible["value_at_risk"]), abs=0.005
    )
    assert not [row for row in rows if row["Customer"][0] in "=+-@"]
    assert {row["Why"] != "" for row in rows} == {True}
    few = hostile.get("/at-risk.csv", params={"band": "high", "lang": "ja"}).text.splitlines()
    assert few[0].startswith("\ufeff順位,顧客ID")
    assert len(few) == 1 + len(eligible.query("churn_band == 'high'"))


def test_the_file_of_a_long_list_is_written_in_chunks(
    served: Shop, visitor: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.pages.at_risk.CHUNK_ROWS", 7)
    rows = list(csv.DictReader(io.StringIO(visitor.get("/at-risk.csv").text.removeprefix("\ufeff"))))
    assert [row["Customer"] for row in rows] == [safe_cell(one) for one in ranked(served)]
    assert [row["Place"] for row in rows] == [str(place) for place in range(1, len(rows) + 1)]


def test_a_customers_page_explains_the_score(served: Shop, visitor: TestClient) -> None:
    score = served.scores.set_index("customer_id").loc["c-7f"]
    page = visitor.get("/customer", params={"id": "c-7f"}).text
    for told in (
        f"{score['churn_probability']:.0%}",
        "In 8 of 10",
        "orders so far",
        "multiplies the odds of leaving by 1.3",
        "Days with a purchase, ever",
    ):
        assert told in page
    assert "has moved" not in page


def test_a_customers_page_shows_how_the_chance_has_moved(unpublished: Shop) -> None:
    for month, run_id in ((2, "run-1"), (3, "run-2")):
        scores, behaviour = shop(20, run_id=run_id, seed=month)
        moment = AS_OF.replace(month=month, day=28)
        for frame in (scores, behaviour):
            frame["as_of"] = moment
        published = datetime(2026, month, 28, tzinfo=UTC)
        unpublished.store.publish(
            scores, behaviour, run=RunInfo(run_id, moment, 91, VERSION, "JPY", published)
        )
    page = signed_in(unpublished).get("/customer", params={"id": "c-7f", "lang": "ja"}).text
    assert "離れる可能性の推移" in page
    assert re.search(r"2026年2月28日 <b>\d+%</b></span><span>2026年3月28日 <b>\d+%</b>", page)
    assert "前回の算出からの変化" in page


@pytest.mark.parametrize("typed", ["00123", " 00123 ", "００１２３"])
def test_a_customer_is_found_as_typed(visitor: TestClient, typed: str) -> None:
    page = visitor.get("/customer", params={"id": typed})
    assert page.status_code == 200
    assert "<h1><bdi>00123</bdi></h1>" in page.text


@pytest.mark.parametrize("typed", ["", "nobody", "a\0b", "<script>", "x" * 20_000])
def test_an_id_that_nobody_has_is_told_and_not_repeated(visitor: TestClient, typed: str) -> None:
    page = visitor.get("/customer", params={"id": typed})
    assert page.status_code == 404
    assert "No such customer" in page.text
    assert "<script>" not in page.text.replace("<script src", "")


def test_without_the_model_the_list_stands_and_says_what_is_missing(
    served: Shop, visitor: TestClient
) -> None:
    (served.bundles / VERSION).rmdir()
    page = visitor.get("/", params={"lang": "ja"})
    assert ids(page.text) == ranked(served)[:SIZE]
    assert "ただいま理由を算出できないため" in page.text
    assert "orders so far</li>" in page.text
    assert "目立った理由はありません" not in page.text
    one = visitor.get("/customer", params={"id": "c-7f"})
    assert one.status_code == 200
    assert "ただいま理由を算出できないため" in one.text
    assert visitor.get("/at-risk.csv").status_code == 200


def test_old_scores_turn_the_page_amber(served: Shop, visitor: TestClient) -> None:
    fresh = RunInfo("run-2", AS_OF, 91, VERSION, "JPY", datetime.now(UTC))
    served.store.publish(*shop(40, run_id="run-2"), run=fresh)
    assert "notice amber" not in visitor.get("/").text
    old = RunInfo("run-3", AS_OF, 91, VERSION, "JPY", datetime.now(UTC) - timedelta(days=40))
    served.store.publish(*shop(40, run_id="run-3"), run=old)
    assert "These scores are 40 days old." in visitor.get("/").text


def test_before_the_first_run_every_page_says_what_to_do(unpublished: Shop) -> None:
    client = signed_in(unpublished)
    for path in ("/", "/customer?id=1", "/at-risk.csv"):
        page = client.get(path)
        assert page.status_code == 503
        assert "joren run" in page.text


def test_a_list_of_nobody_says_so(visitor: TestClient) -> None:
    page = visitor.get("/", params={"least": "1000000"}).text
    assert "No customer fits." in page
    assert "Show all" in page


def test_where_nobody_is_on_the_list_it_says_why(unpublished: Shop) -> None:
    scores, behaviour = shop(20)
    scores["score_status"] = "stale_features"
    scores.loc[scores["customer_id"] == "c-7f", "score_status"] = "new_customer"
    unpublished.store.publish(scores, behaviour, run=run_info())
    page = signed_in(unpublished).get("/").text
    assert "Nobody is on the list." in page
    assert re.search(
        r"19 customers:</b> The data ends well before.*1 customer:</b> New: it is", page, re.DOTALL
    )


def test_a_piece_of_a_page_that_fails_leads_to_the_whole(visitor: TestClient) -> None:
    answer = visitor.get("/?attribute=shoe:44", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (422, "/?attribute=shoe:44")
    piece = visitor.get("/", params={"band": "high", "segment": ""}, headers={"HX-Request": "true"})
    assert piece.headers["hx-push-url"] == "/?band=high"


class Inert(HTMLParser):
    """Fails on what may run, or load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert (
            tag not in {"style", "iframe", "object", "embed", "base", "img"}
            or dict(attrs).get("src") == "/static/joren/mark.svg"
        )
        assert tag != "script" or dict(attrs).get("src") == "/static/htmx/htmx.min.js"
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name in {"href", "src", "action"}:
                assert re.match(r"[/?#]", value or "")
                assert not (value or "").startswith("//")


def test_pages_hold_nothing_that_runs_or_comes_from_elsewhere(hostile: TestClient) -> None:
    paths = [
        "/",
        "/?lang=ja&least=<script>",
        '/sign-in?token="><script>alert(1)</script>',
        "/customer?id=nobody",
    ]
    for path in paths:
        Inert().feed(hostile.get(path).text)
    for one in HOSTILE:
        answer = hostile.get("/customer", params={"id": one})
        assert answer.status_code == 200
        Inert().feed(answer.text)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_hostile_ids_and_attributes_are_shown_as_they_are(hostile: TestClient) -> None:
    page = hostile.get("/")
    assert set(HOSTILE) <= set(ids(page.text))
    assert "<script>alert" not in page.text


def test_a_fault_is_a_page_to_people_and_a_problem_to_programs(
    visitor: TestClient, served: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(ScoringService, "run", lambda _: 1 / 0)
        page = visitor.get("/", headers={"Accept-Language": "ja"})
        problem = served.client.get("/v1/at-risk")
        broken.setattr(Pages, "page", lambda *_, **__: 1 / 0)
        without_pages = visitor.get("/")
    assert (page.status_code, page.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "表示できません" in page.text
    for told in (problem, without_pages):
        assert (told.status_code, told.headers["content-type"]) == (500, "application/problem+json")
