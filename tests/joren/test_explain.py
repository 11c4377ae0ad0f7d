import json
from pathlib import Path

import pytest

from features.catalogue import CATALOGUE
from tests.joren.conftest import joren


@pytest.fixture(scope="module")
def told(project: Path) -> dict[str, dict[str, float]]:
    done = joren("explain", "--project", project, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


def test_families_and_features_come_by_their_size(told: dict[str, dict[str, float]]) -> None:
    for sizes in (told["families"], told["features"]):
        assert list(sizes.values()) == sorted(sizes.values(), reverse=True)
    assert set(told["families"]) <= {one.family for one in CATALOGUE}
    assert told["customers"]


def test_the_first_are_shown_in_the_language_asked_for_and_drawn(
    project: Path, tmp_path: Path, told: dict[str, dict[str, float]]
) -> None:
    asked = ("--top", 2, "--language", "ja", "--plots", tmp_path / "pictures")
    shown = joren("explain", "--project", project, *asked)
    assert shown.exit_code == 0, shown.output
    first, second, third = list(told["features"])[:3]
    meanings = {one.name: one.meaning_ja for one in CATALOGUE}
    for name in (first, second):
        assert f"({name})" in shown.stdout
        assert meanings[name].partition(";")[0][:8] in shown.stdout
    assert f"({third})" not in shown.stdout
    assert all(path.name in shown.stdout for path in (tmp_path / "pictures").iterdir())
    assert {path.suffix for path in (tmp_path / "pictures").iterdir()} == {".png"}


def test_before_the_first_run_there_is_nothing_to_explain(tmp_path: Path, project: Path) -> None:
    rules = (project / "joren.toml").read_text(encoding="utf-8")
    (tmp_path / "joren.toml").write_text(rules, encoding="utf-8")
    refused = joren("explain", "--project", tmp_path)
    assert refused.exit_code == 2
    assert "joren" in refused.stderr
