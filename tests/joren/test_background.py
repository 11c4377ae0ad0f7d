from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from features.cx import experience
from features.sources import read_tables
from features.tables import Tables
from joren.background import background_of
from joren.project import load_project
from serving.background import Background, Document
from serving.store import Store
from serving.wire_population import Experience
from tests.joren.conftest import joren
from tests.serving.conftest import running
from tests.serving.frames import PUBLISHED_AT, run_info, shop

AS_OF = date(2026, 3, 31)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("made-up") / "shop"
    assert joren("simulate", folder, "--customers", 60, "--seed", 4).exit_code == 0
    return read_tables(load_project(folder).data)


@pytest.fixture(scope="module")
def background(tables: Tables) -> Background:
    return background_of(tables, AS_OF, ["nonsense"])


def test_the_contract_s_own_attributes_are_always_there(background: Background) -> None:
    assert set(background.attributes.columns) == {"customer_id", "country", "acquisition_channel"}
    assert background.attributes["country"].notna().any()


def test_the_api_tells_the_experience_as_the_command_line_does(
    tables: Tables, background: Background, tmp_path: Path
) -> None:
    with running(Store.open(f"sqlite:///{tmp_path}/scores.db"), tmp_path) as served:
        assert served.client.get("/v1/cx").status_code == 503
        served.store.publish(*shop(), run=run_info())
        assert served.client.get("/v1/cx").json()["title"] == "Experience not known"
        served.store.publish(*shop(run_id="run-2"), run=run_info("run-2"), background=background)
        told = served.client.get("/v1/cx").json()
    assert told.pop("run_id") == "run-2"
    assert told.pop("published_at") == PUBLISHED_AT.isoformat().replace("+00:00", "Z")
    assert told == json.loads(json.dumps(experience(tables, AS_OF).to_json()))
    assert told["missing"] == {}


def test_figures_that_are_not_there_are_told_too(background: Background) -> None:
    figures = background.documents[Document.EXPERIENCE]
    bare = {**figures, "nps": None, "support": None, "subscription_churn_rate": None}
    kept = {"run_id": "run-1", "published_at": PUBLISHED_AT}
    assert Experience.model_validate({**bare, **kept, "of_tomorrow": 1}).support is None
