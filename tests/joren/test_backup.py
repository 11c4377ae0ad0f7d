"""``joren backup`` and ``joren restore``: one file, checked to the last bit, put back whole or not at all."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from joren.lock import one_run_at_a_time
from joren.project import load_project
from joren.service import open_store
from tests.joren.conftest import joren
from tests.serving.frames import run_info, shop
from tests.training.bundles import saved
from training.bundle import Bundle
from training.promotion import point_at

TOML = '[tables.transactions]\nfile = "sales.csv"\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a model and a run of its, that nobody writes into."""
    folder = tmp_path_factory.mktemp("backed-up")
    (folder / "joren.toml").write_text(TOML, encoding="utf-8")
    version = Bundle.load(saved(folder / "model")).version
    (folder / "bundles").mkdir()
    point_at((folder / "model").rename(folder / "bundles" / version))
    with closing(open_store(load_project(folder))) as store:
        scores, behaviour = shop(run_id="run-1")
        info = replace(run_info("run-1"), model_version=version)
        store.publish(scores.assign(model_version=version), behaviour, run=info)
    return folder


@pytest.fixture(scope="module")
def backup(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("backups") / "joren.tar"
    done = joren("backup", file, "--project", project)
    assert done.exit_code == 0, done.output
    assert "1 runs, 1 models" in done.stdout
    return file


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project in which nothing was done yet."""
    folder = tmp_path / "another"
    folder.mkdir()
    (folder / "joren.toml").write_text(TOML, encoding="utf-8")
    return folder


def runs_in(folder: Path) -> list[str]:
    told = json.loads(joren("runs", "list", "--project", folder, "--json").stdout)
    return [run["run_id"] for run in told["data"]]


def test_a_backup_is_read_by_its_owner_alone_and_replaces_nothing_unasked(
    project: Path, backup: Path
) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in backup.parent.iterdir()] == ["joren.tar"]
    again = joren("backup", backup, "--project", project)
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    nowhere = joren("backup", backup.parent / "no" / "such.tar", "--project", project)
    assert nowhere.exit_code == 2
    assert "cannot be written" in nowhere.stderr


def test_an_empty_project_is_as_the_one_that_was_backed_up(project: Path, backup: Path, empty: Path) -> None:
    done = joren("restore", backup, "--project", empty)
    assert done.exit_code == 0, done.output
    assert "answers come from run-1" in done.stdout
    assert runs_in(empty) == ["run-1"]
    pointer = empty / "bundles" / "current"
    assert pointer.readlink() == (project / "bundles" / "current").readlink()
    assert Bundle.load(pointer).version == pointer.resolve().name
    assert {path.name for path in empty.iterdir()} == {"joren.toml", "bundles", "scores.db"}


def test_what_stands_is_replaced_only_on_demand(backup: Path, empty: Path) -> None:
    with closing(open_store(load_project(empty))) as store:
        store.publish(*shop(run_id="run-9"), run=run_info("run-9"))
    refused = joren("restore", backup, "--project", empty)
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert runs_in(empty) == ["run-9"]
    with one_run_at_a_time(empty):
        assert joren("restore", backup, "--force", "--project", empty).exit_code == 4
    assert joren("erase", "c-7f", "--project", empty).exit_code == 0
    done = joren("restore", backup, "--force", "--project", empty)
    assert done.exit_code == 0, done.output
    assert "1 customers in the backup had been erased" in done.stdout
    assert runs_in(empty) == ["run-1"]


def flipped(file: Path) -> None:
    """One bit of the store, in the middle of the archive."""
    whole = bytearray(file.read_bytes())
    whole[whole.index(b"SQLite format 3") + 20_000] ^= 1
    file.write_bytes(whole)


def cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def something_else(file: Path) -> None:
    file.write_text("no archive at all", encoding="utf-8")


def another_format(file: Path) -> None:
    rewritten(file, lambda manifest: manifest | {"format": 99})


def a_part_less(file: Path) -> None:
    rewritten(file, lambda manifest: manifest | {"files": {**manifest["files"], "store/more": "0" * 64}})


def a_part_that_leaves_the_folder(file: Path) -> None:
    with tarfile.open(file, "a") as archive:
        stranger = tarfile.TarInfo("../../joren.toml")
        stranger.size = 4
        archive.addfile(stranger, io.BytesIO(b"evil"))


def a_link(file: Path) -> None:
    with tarfile.open(file, "a") as archive:
        link = tarfile.TarInfo("store/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)


def rewritten(file: Path, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    with tarfile.open(file) as archive:
        parts = [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
    with tarfile.open(file, "w") as archive:
        for member, content in parts:
            told = content
            if member.name == "manifest.json":
                told = json.dumps(change(json.loads(content))).encode()
                member.size = len(told)
            archive.addfile(member, io.BytesIO(told))


@pytest.mark.parametrize(
    "spoil",
    [flipped, cut, something_else, another_format, a_part_less, a_part_that_leaves_the_folder, a_link],
)
def test_a_damaged_backup_changes_nothing(
    backup: Path, empty: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    spoilt = tmp_path / "spoilt.tar"
    spoilt.write_bytes(backup.read_bytes())
    spoil(spoilt)
    refused = joren("restore", spoilt, "--project", empty)
    assert refused.exit_code == 2, refused.output
    assert (empty / "joren.toml").read_text(encoding="utf-8") == TOML
    assert not (empty / "bundles").exists()
    assert runs_in(empty) == []


def test_a_backup_that_is_not_there_is_told(empty: Path, tmp_path: Path) -> None:
    refused = joren("restore", tmp_path / "none.tar", "--project", empty)
    assert refused.exit_code == 2
    assert "cannot be read" in refused.stderr
