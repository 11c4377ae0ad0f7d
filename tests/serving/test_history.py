from __future__ import annotations

from urllib.parse import quote

import pytest

from serving.history import COMPARED, past_scores, with_changes
from serving.pointer import roll_back
from serving.retention import Retention
from serving.store import Store
from tests.serving.conftest import Shop
from tests.serving.fake_bundle import FakeBundle
from tests.serving.frames import HOSTILE_IDS, run_info, scores_of, shop
from tests.serving.test_lists_api import next_link
from tests.serving.test_runs import NINA

PATH = "/v1/customers/c-7f/history"


def publish_later(store: Store, run_id: str, *, days: int) -> None:
    """A run in which everybody has been silent for so many days more."""
    behaviour = shop(200)[1]
    behaviour["days_since_last_order"] += days
    store.publish(scores_of(behaviour, run_id=run_id), behaviour, run=run_info(run_id))


def test_each_run_is_held_against_the_one_before(store: Store) -> None:
    publish_later(store, "run-1", days=0)
    publish_later(store, "run-2", days=31)
    newest, first = with_changes(
        store.database,
        past_scores(store.database, "c-7f", before=None, limit=5),
        lambda _: FakeBundle(),
        "en",
    )
    assert first.change is None
    change = newest.change
    assert change is not None
    assert (change.since_run_id, change.model_changed) == ("run-1", False)
    before, after = first.said.score, newest.said.score
    for name in COMPARED:
        assert change.fields.get(name, (before[name], before[name])) == (before[name], after[name])
    assert "churn_probability" in change.fields
    assert "segment" not in change.fields
    assert change.features is not None
    (move,) = change.features
    assert move.feature == "days_since_last_order"
    assert (move.after, move.contribution) == (move.before + 31, pytest.approx(0.31))  # type: ignore[operator]
    assert move.text_before.startswith(f"last order {move.before:.0f} days ago")
    assert move.text_after.startswith(f"last order {move.after:.0f} days ago")


def test_a_customer_of_some_runs_only_is_held_against_the_last_that_knew_them(store: Store) -> None:
    publish_later(store, "run-1", days=0)
    scores, behaviour = shop(run_id="run-2")
    others = scores["customer_id"] != "c-7f"
    store.publish(scores[others], behaviour[others], run=run_info("run-2"))
    publish_later(store, "run-3", days=3)
    said = past_scores(store.database, "c-7f", before=None, limit=5)
    assert [one.score["run_id"] for one in said] == ["run-3", "run-1"]


def test_a_history_begins_with_the_current_run_also_after_a_rollback(served: Shop) -> None:
    publish_later(served.store, "run-2", days=2)
    publish_later(served.store, "run-3", days=3)
    roll_back(served.store.database, NINA)
    told = served.client.get(PATH).json()["data"]
    assert [one["score"]["run_id"] for one in told] == ["run-2", "run-1"]
    assert told[0]["change"]["since_run_id"] == "run-1"


def test_pages_of_a_history_and_what_is_told_when_less_is_kept(served: Shop) -> None:
    for number in range(2, 6):
        publish_later(served.store, f"run-{number}", days=number)
    served.store.prune(Retention(keep_behaviour=2))
    path, walked = f"{PATH}?limit=2&language=ja", []
    while path:
        answer = served.client.get(path)
        page = answer.json()
        walked += page["data"]
        path = next_link(answer.headers)
        assert page["has_more"] == (path is not None) == (page["next_cursor"] is not None)
    assert [one["score"]["run_id"] for one in walked] == ["run-5", "run-4", "run-3", "run-2", "run-1"]
    assert [one["change"] and one["change"]["since_run_id"] for one in walked] == [
        "run-4",
        "run-3",
        "run-2",
        "run-1",
        None,
    ]
    first = walked[0]["change"]
    (probability,) = (one for one in first["fields"] if one["field"] == "churn_probability")
    assert probability["difference"] == pytest.approx(1 / 402)
    assert first["features"][0]["text_after"].startswith("最終購入は")
    assert walked[1]["change"]["features"] is None


def test_without_the_model_the_features_are_not_told(served: Shop) -> None:
    publish_later(served.store, "run-2", days=2)
    for folder in served.bundles.iterdir():
        folder.rmdir()
    newest = served.client.get(PATH).json()["data"][0]
    assert newest["change"]["features"] is None
    assert newest["change"]["fields"]


@pytest.mark.parametrize("customer_id", HOSTILE_IDS)
def test_any_id_has_a_history(served: Shop, customer_id: str) -> None:
    publish_later(served.store, "run-2", days=1)
    answer = served.client.get(f"/v1/customers/{quote(customer_id, safe='')}/history?limit=1")
    assert answer.json()["customer_id"] == customer_id
    again = served.client.get(next_link(answer.headers))
    assert again.json()["data"][0]["score"]["run_id"] == "run-1"


def test_a_cursor_of_another_customer_or_of_a_list_is_refused(served: Shop) -> None:
    publish_later(served.store, "run-2", days=1)
    cursor = served.client.get(f"{PATH}?limit=1").json()["next_cursor"]
    of_a_list = served.client.get("/v1/at-risk?limit=1").json()["next_cursor"]
    for path, text in (
        ("/v1/customers/00123/history", cursor),
        (PATH, of_a_list),
        (PATH, f"{cursor}A"),
        ("/v1/at-risk", cursor),
    ):
        assert served.client.get(path, params={"cursor": text}).status_code == 400


def test_nobody_and_odd_questions(served: Shop) -> None:
    assert served.client.get("/v1/customers/nobody/history").status_code == 404
    assert served.client.get(f"{PATH}?limit=0").status_code == 422
    assert served.client.get(f"{PATH}?limit=1&limit=2").status_code == 422
    assert served.client.get(f"{PATH}?x=1").status_code == 422
