from __future__ import annotations

import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from serving import publishing, tables
from serving.audit import Action, Who, entries
from serving.auth import Scope
from serving.background import Background
from serving.batch import ScoredRun, publish_run
from serving.erasure import erase, lift
from serving.errors import ScoresRefusedError
from serving.store import Store
from tests.serving.conftest import Shop
from tests.serving.frames import HOSTILE_IDS, PUBLISHED_AT, run_info, shop

WHO = Who("k3v7a2bqxd", PUBLISHED_AT, "asked by letter")
SOMEBODY = "c-0004d"
ROOT = Path(__file__).parents[2]


def rows_of(store: Store, customer_id: str) -> int:
    with store.database.read() as connection:
        return sum(
            connection.execute(
                select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
            ).scalar_one()
            for table in tables.OF_CUSTOMERS
        )


def bytes_in(folder: Path) -> bytes:
    """All that stands in the files, read by another process: to close them in this one would unlock them."""
    return subprocess.run(["cat", *folder.iterdir()], capture_output=True, check=True).stdout


def known(customers: int) -> Background:
    ids = shop(customers)[0][["customer_id"]]
    return Background(ids.assign(country="JP"))


def test_nothing_is_left_of_an_erased_customer_in_any_run(store: Store) -> None:
    for name in ("run-1", "run-2"):
        store.publish(*shop(run_id=name), run=run_info(name), background=known(40))
    begun = publishing._begin(store.database, run_info("begun"), customers=40)
    assert begun
    receipt = erase(store.database, "c-7f", WHO)
    gone = {"scores": 1, "behaviour": 1, "customer_attributes": 1}
    assert receipt.removed == {"run-1": gone, "run-2": gone}
    assert receipt.rows == 6
    assert receipt.storage_clean in ({True} if store.is_local else {None})
    assert rows_of(store, "c-7f") == 0
    assert store.score("c-7f") is None
    assert [run.customers for run in store.runs()] == [39, 39]
    (entry,) = entries(store.database)
    assert (entry.action, entry.subject, entry.who) == (Action.ERASE, receipt.pseudonym, WHO)
    assert entry.detail == receipt.removed
    assert "c-7f" not in repr(entry)


def test_the_next_run_leaves_the_erased_out_and_others_move_up(store: Store) -> None:
    scores, behaviour = shop()
    first = scores.sort_values("at_risk_rank")["customer_id"].iloc[2]
    erase(store.database, first, WHO)
    store.publish(scores, behaviour, run=run_info())
    assert rows_of(store, first) == 0
    run = store.current_run()
    assert run is not None
    assert run.customers == 39
    ranked = store.lookup(scores["customer_id"].tolist()).values()
    assert sorted(score["at_risk_rank"] for score in ranked) == list(range(1, 40))
    order = [one for one in scores.sort_values("at_risk_rank")["customer_id"] if one != first]
    assert sorted(order, key=lambda one: store.lookup([one])[one]["at_risk_rank"]) == order


def test_who_is_erased_while_a_run_is_written_is_not_in_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = publishing._finish

    def erase_first(*arguments: object) -> None:
        erase(store.database, "c-7f", WHO)
        finish(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_finish", erase_first)
    store.publish(*shop(), run=run_info())
    assert rows_of(store, "c-7f") == 0
    run = store.current_run()
    assert run is not None
    assert run.customers == 39


def test_who_is_erased_between_the_last_look_and_the_rows_is_not_in_the_run(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = publishing._begin

    def erase_before(*arguments: object, **named: object) -> int:
        erase(store.database, "c-7f", WHO)
        return begin(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "_begin", erase_before)
    store.publish(*shop(), run=run_info(), background=known(40))
    assert rows_of(store, "c-7f") == 0
    assert store.score("00123") is not None


def test_a_run_of_nobody_but_the_erased_is_refused(store: Store) -> None:
    scores, behaviour = shop(9)
    for customer_id in scores["customer_id"]:
        erase(store.database, customer_id, WHO)
    with pytest.raises(ScoresRefusedError, match="No customer is left"):
        publish_run(ScoredRun(scores, behaviour), store, published_at=PUBLISHED_AT)


def test_the_bytes_of_the_id_are_gone_from_the_files(tmp_path: Path) -> None:
    """Ids that are long enough to stand nowhere by chance; readers hold connections meanwhile."""
    with closing(Store.open(f"sqlite:///{tmp_path}/scores.db")) as store:
        scores, behaviour = shop(2_000)
        ids = {one: f"erase-me-{one}" for one in scores["customer_id"]}
        scores["customer_id"] = scores["customer_id"].map(ids)
        behaviour["customer_id"] = behaviour["customer_id"].map(ids)
        for name in ("run-1", "run-2"):
            store.publish(scores.assign(run_id=name), behaviour, run=run_info(name))
        doomed = scores["customer_id"].tolist()[:150:3]
        before = bytes_in(tmp_path)
        assert all(one.encode() in before for one in doomed)
        for customer_id in doomed:
            assert erase(store.database, customer_id, WHO).storage_clean
        after = bytes_in(tmp_path)
        assert [one for one in doomed if one.encode() in after] == []
        assert store.score(scores["customer_id"].iloc[1]) is not None
        with store.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_an_erasure_does_not_let_another_process_take_the_log_away(tmp_path: Path) -> None:
    """What POSIX does to the locks of a file that is opened and closed beside SQLite must not happen."""
    url = f"sqlite:///{tmp_path}/scores.db"
    come_and_go = (
        "import sys\nfrom serving.store import Store\nfrom tests.serving.frames import run_info, shop\n"
        "store = Store.open(sys.argv[1])\n"
        "store.publish(*shop(run_id='theirs'), run=run_info('theirs'))\nstore.close()\n"
    )
    with closing(Store.open(url)) as store:
        store.publish(*shop(), run=run_info())
        assert store.score("c-7f") is not None
        assert erase(store.database, "c-7f", WHO).storage_clean
        subprocess.run([sys.executable, "-c", come_and_go, url], cwd=ROOT, check=True)
        assert (tmp_path / "scores.db-shm").exists()
        score = store.score("00123")
        assert score is not None
        assert score["run_id"] == "theirs"
        store.publish(*shop(run_id="ours"), run=run_info("ours"))
        with store.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_a_reader_in_the_way_is_told_and_a_second_time_cleans_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("serving.database.BUSY_TIMEOUT_SECONDS", 0)
    with closing(Store.open(f"sqlite:///{tmp_path}/scores.db")) as store:
        store.publish(*shop(100), run=run_info())
        with store.database.read() as slow:
            slow.exec_driver_sql("BEGIN")
            slow.execute(select(tables.scores)).first()
            assert erase(store.database, SOMEBODY, WHO).storage_clean is False
            slow.exec_driver_sql("COMMIT")
        again = erase(store.database, SOMEBODY, WHO)
        assert (again.rows, again.storage_clean) == (0, True)
        assert SOMEBODY.encode() not in bytes_in(tmp_path)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/customers/c-7f/score", 405),
        ("/v1/customers/c-7f/history", 405),
        ("/v1/customers/c-7f/", 404),
        ("/v1/customers/c-7f/orders", 404),
        ("/v1/customers", 404),
    ],
)
def test_a_path_that_names_more_than_a_customer_erases_nobody(served: Shop, path: str, status: int) -> None:
    answer = served.client.delete(path, headers=served.key(Scope.PRIVACY_ERASE))
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("GET" in answer.headers.get("Allow", "")) == (status == 405)
    assert entries(served.store.database) == []
    assert served.client.get("/v1/customers/c-7f/score").status_code == 200


@pytest.mark.parametrize("customer_id", [*HOSTILE_IDS, "nobody"])
def test_any_id_is_erased_over_http_and_the_receipt_does_not_repeat_it(
    served: Shop, customer_id: str
) -> None:
    path = f"/v1/customers/{quote(customer_id, safe='')}"
    answer = served.client.delete(path)
    receipt = answer.json()
    assert answer.status_code == 200
    assert receipt["rows"] == (0 if customer_id == "nobody" else 2)
    assert receipt["storage_clean"] is True
    assert receipt["runs"] == (
        []
        if customer_id == "nobody"
        else [{"run_id": "run-1", "rows": {"scores": 1, "behaviour": 1, "customer_attributes": 0}}]
    )
    assert len(receipt["not_covered"]) == 4
    if customer_id != "50%":
        assert customer_id not in answer.text
    for after in (f"{path}/score", f"{path}/history"):
        assert served.client.get(after).status_code == 404
    looked_up = served.client.post("/v1/scores/lookup", json={"customer_ids": [customer_id]}).json()
    assert looked_up["results"][0]["status"] == "not_found"


def test_erasing_wants_its_scope(served: Shop) -> None:
    others = served.key(*(scope for scope in Scope if scope is not Scope.PRIVACY_ERASE))
    assert served.client.delete("/v1/customers/c-7f", headers=others).status_code == 403
    key = served.key(Scope.PRIVACY_ERASE)
    receipt = served.client.delete("/v1/customers/c-7f", headers=key).json()
    assert receipt["erased_by"] == key["X-API-Key"].split("_")[1]
    assert served.client.delete("/v1/customers/c-7f?x=1").status_code == 422
    assert served.client.delete("/v1/customers/").status_code == 422


def test_two_who_erase_at_once_do_not_hinder_each_other(store: Store) -> None:
    store.publish(*shop(), run=run_info())
    receipts: list[int] = []

    def work() -> None:
        receipts.append(erase(store.database, "c-7f", WHO).rows)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(receipts) == [0, 0, 0, 2]


def test_who_comes_back_can_be_published_again(store: Store) -> None:
    store.publish(*shop(run_id="run-1"), run=run_info("run-1"))
    assert lift(store.database, "c-7f", WHO) is None
    erase(store.database, "c-7f", WHO)
    store.publish(*shop(run_id="run-2"), run=run_info("run-2"))
    assert store.score("c-7f") is None
    lifted = lift(store.database, "c-7f", WHO)
    assert lifted is not None
    assert entries(store.database)[0] == lifted
    assert (lifted.action, lifted.subject) == (Action.LIFT, entries(store.database, Action.ERASE)[0].subject)
    assert store.score("c-7f") is None
    store.publish(*shop(run_id="run-3"), run=run_info("run-3"))
    assert store.score("c-7f") is not None
