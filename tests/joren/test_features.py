import json
import runpy
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from features.catalogue import CATALOGUE
from tests.joren.conftest import joren

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features") / "shop"
    assert joren("simulate", folder, "--customers", 60, "--seed", 5).exit_code == 0
    return folder


def test_the_list_says_of_every_feature_what_it_is() -> None:
    listed = json.loads(joren("features", "list", "--json").stdout)
    assert [feature["name"] for feature in listed] == [feature.name for feature in CATALOGUE]
    for feature in listed:
        assert feature.keys() == {"name", "family", "unit", "meaning", "meaning_ja", "needs"}
        assert all(feature.values())
        assert isinstance(feature["needs"], list)
    shown = joren("features", "list").stdout
    assert all(feature.name in shown for feature in CATALOGUE)


def test_the_features_of_a_moment_are_built_whole_or_not_at_all(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "march.parquet"
    built = joren("features", "build", "--project", shop, "--as-of", "2025-03-31", "--out", out)
    assert built.exit_code == 0, built.output
    table = pq.read_table(out)
    assert table.column_names == ["customer_id", "as_of", *(feature.name for feature in CATALOGUE)]
    assert f"{table.num_rows} customers" in built.stdout
    assert str(table["as_of"][0]) == "2025-03-31"
    assert {str(field.type) for field in table.schema} == {"string", "date32[day]", "int64", "double"}
    for family in {feature.family for feature in CATALOGUE}:
        told = [table[feature.name].null_count for feature in CATALOGUE if feature.family == family]
        assert min(told) < table.num_rows, family
    early = joren("features", "build", "--project", shop, "--as-of", "1999-01-01", "--out", tmp_path / "x")
    assert early.exit_code == 2
    nowhere = joren("features", "build", "--project", shop, "--as-of", "2025-03-31", "--out", out / "x")
    assert nowhere.exit_code == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["made", "march.parquet"]


def test_the_page_of_the_features_is_the_catalogue_s() -> None:
    page = runpy.run_path(str(DOCS / "features_page.py"))["page"]()
    again = "Write it anew: .venv/bin/python docs/features_page.py"
    assert (DOCS / "features.md").read_text(encoding="utf-8") == page, again
