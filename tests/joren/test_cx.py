import json
from pathlib import Path

import pytest

from tests.joren.conftest import joren

AS_OF = ("--as-of", "2025-12-31")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made-up") / "shop"
    assert joren("simulate", folder, "--customers", 150, "--seed", 4).exit_code == 0
    return folder


def test_the_figures_as_json_and_for_people(shop: Path) -> None:
    said = joren("cx", "--project", shop, *AS_OF, "--json")
    assert said.exit_code == 0, said.output
    told = json.loads(said.stdout)
    assert told["as_of"] == "2025-12-31"
    assert {"period", "start", "end", "value"} <= told["churn_rate"][-1].keys()
    assert told["churn_rate"][-1]["end"] == "2025-12-31"
    shown = joren("cx", "--project", shop, *AS_OF, "--activity-days", 180)
    assert shown.exit_code == 0, shown.output
    for words in ("within 180 days", "2025-12", "By segment", "bought on a second day"):
        assert words in shown.stdout


def test_a_moment_before_the_first_purchase_is_refused(shop: Path) -> None:
    refused = joren("cx", "--project", shop, "--as-of", "2001-01-01")
    assert refused.exit_code == 2
    assert "no purchase on or before" in refused.output
