import json
from pathlib import Path
from typing import Any

import pytest

from features.catalogue import CATALOGUE
from tests.joren.conftest import joren


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("explained") / "pictures"


@pytest.fixture(scope="module")
def told(project: Path, pictures: Path) -> dict[str, Any]:
    done = joren("explain", "--project", project, "--top", 3, "--json", "--plots", pictures)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_families_and_features_come_by_their_size(told: dict[str, Any], pictures: Path) -> None:
    for sizes in (told["families"], told["features"]):
        assert list(sizes.values()) == sorted(sizes.values(), reverse=True)
    assert set(told["families"]) <= {one.family for one in CATALOGUE}
    assert told["customers"]
    assert {path.suffix for path in pictures.rglob("*") if path.is_file()} == {".png"}


def test_the_first_are_shown_in_the_language_asked_for(project: Path, told: dict[str, Any]) -> None:
    shown = joren("explain", "--project", project, "--top", 2, "--language", "ja")
    assert shown.exit_code == 0, shown.output
    first, second, third = list(told["features"])[:3]
    meanings = {one.name: one.meaning_ja for one in CATALOGUE}
    for name in (first, second):
        assert f"({name})" in shown.stdout
        assert meanings[name].partition(";")[0][:8] in shown.stdout
    assert f"({third})" not in shown.stdout
    assert f"{told['customers']:,} customers as of {told['as_of']}" in " ".join(shown.stdout.split())
    assert told["model_version"] in shown.stdout


def test_before_the_first_run_there_is_nothing_to_explain(tmp_path: Path, project: Path) -> None:
    rules = (project / "joren.toml").read_text(encoding="utf-8")
    (tmp_path / "joren.toml").write_text(rules, encoding="utf-8")
    refused = joren("explain", "--project", tmp_path)
    assert refused.exit_code == 2
    assert "joren" in refused.stderr
