"""``joren runs`` and ``joren erase`` on a store of made-up runs: no model is needed to look after scores."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from joren.project import load_project
from joren.service import open_store
from tests.joren.conftest import joren
from tests.serving.frames import run_info, shop


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A project whose store holds three runs."""
    text = '[tables.transactions]\nfile = "sales.csv"\n[store]\nkeep_behaviour = 1\n'
    (tmp_path / "joren.toml").write_text(text, encoding="utf-8")
    with closing(open_store(load_project(tmp_path))) as store:
        for name in ("run-1", "run-2", "run-3"):
            store.publish(*shop(run_id=name), run=run_info(name))
    return tmp_path


def listed(folder: Path) -> list[tuple[str, bool]]:
    told = json.loads(joren("runs", "list", "--project", folder, "--json").stdout)
    return [(run["run_id"], run["is_current"]) for run in told["data"]]


def test_runs_are_listed_with_the_room_they_take(kept: Path) -> None:
    assert listed(kept) == [("run-3", True), ("run-2", False), ("run-1", False)]
    shown = joren("runs", "list", "--project", kept).stdout
    assert "current" in shown
    assert "The store takes" in shown
    assert "MiB of it free" in shown


def test_a_rollback_says_where_to_and_is_listed_with_who_and_why(kept: Path) -> None:
    done = joren("runs", "rollback", "--why", "twice in yen", "--who", "nina", "--project", kept)
    assert done.exit_code == 0, done.output
    assert "Answers come from run-2 now" in done.stdout
    assert listed(kept) == [("run-3", False), ("run-2", True), ("run-1", False)]
    shown = joren("runs", "list", "--project", kept).stdout
    assert "Gone back from run-3 by nina" in shown
    assert "twice in yen" in shown
    told = json.loads(joren("runs", "rollback", "run-3", "--project", kept, "--json").stdout)
    assert (told["run_id"], told["from_run_id"]) == ("run-3", "run-2")
    refused = joren("runs", "rollback", "nonesuch", "--project", kept)
    assert refused.exit_code == 2
    assert "joren runs list" in refused.stderr


def test_pruning_follows_the_file_unless_told_otherwise(kept: Path) -> None:
    assert joren("runs", "prune", "--project", kept).exit_code == 0
    told = json.loads(joren("runs", "list", "--project", kept, "--json").stdout)
    assert [run["has_behaviour"] for run in told["data"]] == [True, False, False]
    shown = joren("runs", "prune", "--keep-runs", 1, "--project", kept)
    assert "2 forgotten, 1 kept" in shown.stderr
    assert listed(kept) == [("run-3", True)]


def test_a_customer_is_erased_with_a_receipt(kept: Path) -> None:
    done = joren("erase", "c-7f", "--why", "asked by letter", "--project", kept, "--json")
    assert done.exit_code == 0, done.output
    receipt = json.loads(done.stdout)
    assert (receipt["rows"], len(receipt["runs"]), receipt["storage_clean"]) == (6, 3, True)
    shown = joren("erase", "c-7f", "--project", kept)
    assert "Erased: 0 rows of 0 runs" in shown.stdout
    assert "Not covered: backups" in shown.stderr
    assert "c-7f" not in shown.output


def test_an_erased_customer_who_came_back_is_let_in_again(kept: Path) -> None:
    told = joren("erase", "--lift", "c-7f", "--project", kept)
    assert (told.exit_code, told.stdout.strip()) == (0, "Nobody of this id was erased.")
    assert joren("erase", "c-7f", "--project", kept).exit_code == 0
    told = joren("erase", "--lift", "c-7f", "--why", "is a customer again", "--project", kept)
    assert told.stdout.startswith("Lifted: lift_")
