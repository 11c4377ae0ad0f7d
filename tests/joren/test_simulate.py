import json
from pathlib import Path

import pytest

from tests.joren.conftest import joren


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up") / "shop"
    made = joren("simulate", folder, "--customers", 200, "--seed", 3)
    assert made.exit_code == 0, made.output
    assert "truth.parquet" in made.stdout
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_folder_is_a_project_that_is_read_without_a_fault(shop: Path) -> None:
    checked = joren("check", "--project", shop, "--json")
    assert checked.exit_code == 0, checked.output
    assert '"refused": 0' in checked.stdout


def test_the_same_call_writes_the_same_bytes_over_its_own(shop: Path, tmp_path: Path) -> None:
    before = contents(shop)
    assert joren("simulate", shop, "--customers", 200, "--seed", 3).exit_code == 0
    assert contents(shop) == before
    facts = json.loads((shop / "truth.json").read_text())
    assert (facts["customers"], facts["seed"], facts["as_of"]) == (200, 3, "2026-03-31")
    assert joren("simulate", tmp_path, "--customers", 5, "--start", "2020-02-29").exit_code == 0
    assert json.loads((tmp_path / "truth.json").read_text())["start"] == "2020-02-29"


@pytest.mark.parametrize("name", ["thesis.txt", "truth.json"])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("[1, 2]")
    refused = joren("simulate", tmp_path, "--customers", 5)
    assert refused.exit_code == 2
    assert "something else" in refused.output
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_file_is_no_folder_and_a_first_day_must_be_possible(tmp_path: Path) -> None:
    file = tmp_path / "shop"
    file.write_text("mine")
    assert joren("simulate", file, "--customers", 5).exit_code == 2
    assert joren("simulate", tmp_path / "new", "--start", "1066-10-14").exit_code == 2
    assert not (tmp_path / "new").exists()
