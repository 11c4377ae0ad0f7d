from __future__ import annotations

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pandas as pd
import pytest

from serving.errors import RunNotFoundError
from serving.export import DifferenceKind, differences, whole_run
from serving.retention import Retention
from serving.store import Run, Store
from tests.serving.conftest import Shop
from tests.serving.frames import HOSTILE_IDS, run_info, scores_of, shop
from training.score_schema import SCORE_COLUMNS

PATH = "/v1/scores"


@pytest.fixture(autouse=True)
def _in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.export.CHUNK_ROWS", 7)
    monkeypatch.setattr("serving.wire_export.PIECE_ROWS", 11)


def kept(store: Store, run_id: str) -> Run:
    run = store.run(run_id)
    assert run is not None
    return run


def publish_two(
    store: Store, first: str = "run-1", second: str = "run-2"
) -> tuple[set[str], set[str], set[str]]:
    """Publish run-1, and run-2 in which some are new, some gone, some silent for longer; return which."""
    behaviour = shop(200)[1].sort_values("customer_id", ignore_index=True)
    earlier, later = behaviour.iloc[:190], behaviour.iloc[20:].copy()
    changed = later["customer_id"].isin(set(earlier["customer_id"])) & (later["orders"] > 6)
    later.loc[changed, "orders"] += 1
    for run_id, rows in ((first, earlier), (second, later)):
        told = scores_of(rows, run_id=run_id).assign(churn_percentile=50, at_risk_rank=1)
        store.publish(told, rows, run=run_info(run_id))
    gone = set(earlier["customer_id"]) - set(later["customer_id"])
    new = set(later["customer_id"]) - set(earlier["customer_id"])
    return new, set(later.loc[changed, "customer_id"]), gone


def test_a_run_is_handed_out_whole_in_the_order_of_bytes(store: Store) -> None:
    scores, behaviour = shop(200)
    store.publish(scores, behaviour, run=run_info())
    rows = list(whole_run(store, kept(store, "run-1")))
    assert [row["customer_id"] for row in rows] == sorted(scores["customer_id"], key=str.encode)
    assert rows[3] == store.score(rows[3]["customer_id"])


@pytest.mark.parametrize("customers", [13, 14, 15])
def test_nobody_is_left_out_at_the_end_of_a_piece(store: Store, customers: int) -> None:
    store.publish(*shop(customers), run=run_info())
    assert len(list(whole_run(store, kept(store, "run-1")))) == customers


def test_a_run_that_is_pruned_meanwhile_breaks_off_and_one_that_is_superseded_does_not(store: Store) -> None:
    store.publish(*shop(), run=run_info())
    first, second = (whole_run(store, kept(store, "run-1")) for _ in range(2))
    next(first)
    next(second)
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
    assert len(list(first)) == 39
    store.prune(Retention(keep_runs=1))
    with pytest.raises(RunNotFoundError, match="pruned"):
        list(second)


def test_the_difference_names_who_is_new_changed_and_gone(store: Store) -> None:
    new, changed, gone = publish_two(store)
    found = list(differences(store, kept(store, "run-1"), kept(store, "run-2")))
    for kind, expected in (("added", new), ("changed", changed), ("removed", gone)):
        assert expected
        assert {one.customer_id for one in found if one.kind == kind} == expected, kind
    assert all((one.score is None) == (one.kind is DifferenceKind.REMOVED) for one in found)
    assert all(one.score["run_id"] == "run-2" for one in found if one.score)
    assert list(differences(store, kept(store, "run-2"), kept(store, "run-2"))) == []
    back = list(differences(store, kept(store, "run-2"), kept(store, "run-1")))
    assert {one.customer_id for one in back if one.kind == "removed"} == new


def test_json_holds_the_same_scores_as_single_answers(served: Shop) -> None:
    told = served.client.get(PATH).json()
    assert (told["run_id"], told["customers"], told["changed_since_run"]) == ("run-1", 200, None)
    assert {one["customer_id"] for one in told["data"]} == set(served.scores["customer_id"])
    (single,) = (one for one in told["data"] if one["customer_id"] == "c-7f")
    assert single == served.client.get("/v1/customers/c-7f/score").json()


def test_ndjson_is_a_score_a_line(served: Shop) -> None:
    answer = served.client.get(PATH, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text.endswith("}\n")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == served.client.get(PATH).json()["data"]


def test_csv_is_one_table_without_formulas(served: Shop) -> None:
    answer = served.client.get(PATH, headers={"Accept": "text/csv"})
    assert answer.headers["content-disposition"] == 'attachment; filename="scores.csv"'
    table = pd.read_csv(io.StringIO(answer.text), dtype={"customer_id": str})
    assert tuple(table.columns) == SCORE_COLUMNS
    assert len(table) == 200
    assert set(HOSTILE_IDS) - set(table["customer_id"]) == {"=1+1"}
    assert "'=1+1" in set(table["customer_id"])


def test_the_difference_in_each_form(served: Shop) -> None:
    new, changed, gone = publish_two(served.store, "run-a", "run-b")
    query = {"changed_since_run": "run-a", "run_id": "run-b"}
    told = served.client.get(PATH, params=query).json()
    assert told["changed_since_run"] == "run-a"
    assert {one["customer_id"] for one in told["data"] if one["change"] == "removed"} == gone
    answer = served.client.get(PATH, params=query, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["joren-run-id"] == "run-b"
    lines = answer.text
    assert [json.loads(line) for line in lines.splitlines()] == told["data"]
    text = served.client.get(PATH, params=query, headers={"Accept": "text/csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(told["data"]) == len(new) + len(changed) + len(gone)
    removed = next(row for row in rows if row["change"] == "removed")
    assert {name for name, cell in removed.items() if cell} == {"change", "customer_id"}


def test_odd_questions(served: Shop) -> None:
    for query in ("run_id=nonesuch", "changed_since_run=nonesuch"):
        refused = served.client.get(f"{PATH}?{query}")
        assert (refused.status_code, refused.json()["title"]) == (404, "Run not found")
    assert served.client.get(f"{PATH}?limit=3").status_code == 422
    assert served.client.get(PATH, headers={"Accept": "text/html"}).status_code == 406


def test_the_memory_does_not_grow_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a run of 6,000, at most a tenth is held at a time."""
    monkeypatch.setattr("serving.export.CHUNK_ROWS", 200)
    store = Store.open(f"sqlite:///{tmp_path}/scores.db")
    store.publish(*shop(6_000), run=run_info())
    run = kept(store, "run-1")
    tracemalloc.start()
    assert sum(1 for _ in whole_run(store, run)) == 6_000
    _, in_pieces = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    held = list(whole_run(store, run))
    _, at_once = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(held) == 6_000
    assert in_pieces < at_once / 5
    store.close()
