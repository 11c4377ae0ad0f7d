import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from joren.project import load_project
from tests.joren.conftest import joren

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data" / "contoso_retail"
EXAMPLES = ROOT / "docs" / "examples"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")
def test_all_of_contoso_s_tables_are_mapped_accepted_and_felt(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "contoso" / "joren.toml", tmp_path)
    for file in SHARED.glob("*.parquet"):
        (tmp_path / file.name).symlink_to(file)
    found = json.loads(joren("check", "--project", tmp_path, "--json").stdout)["tables"]
    assert {name: table["rows"]["read"] for name, table in found.items()} == {
        "transactions": 32_393,
        "customers": 5_000,
        "surveys": 20_020,
        "loyalty": 5_002,
    }
    assert [table["rows"]["refused"] for table in found.values()] == [0] * 4
    assert "Occupation" in found["customers"]["attributes"]
    out = tmp_path / "features.parquet"
    built = joren("features", "build", "--project", tmp_path, "--as-of", "2019-02-28", "--out", out)
    assert built.exit_code == 0, built.output
    table = pq.read_table(out, columns=["mean_csat", "loyalty_points", "days_since_signup"])
    assert table.num_rows == 5_003
    assert all(column.null_count < 0.1 * table.num_rows for column in table.columns)


@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")
def test_init_finds_the_same_tables_by_itself(tmp_path: Path) -> None:
    assert joren("init", tmp_path, "--from", SHARED).exit_code == 0
    guessed, written = load_project(tmp_path).data.sources, load_project(EXAMPLES / "contoso").data.sources
    assert {name: (source.columns, source.constants) for name, source in guessed.items()} == {
        name: (source.columns, source.constants) for name, source in written.items()
    }


def test_the_settings_in_the_examples_are_settings_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (text,) = re.findall(
        r"```toml\n(.*?)```", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "joren.toml").write_text(text, encoding="utf-8")
    monkeypatch.delenv("SHOP_DATABASE_URL", raising=False)
    project = load_project(tmp_path)
    assert project.data.sources["interactions"].table == "tickets"
    assert project.data.rules.cancelled_within_days == 30
