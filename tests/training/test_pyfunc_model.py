"""A bundle as a notebook gets it from MLflow: by alias, in a process of its own, scoring as always."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from tests.training.bundles import AS_OF, a_shop, fitted, saved
from training.registry import Registry

NOTEBOOK = """
import sys
import mlflow, pandas as pd
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/joren@champion")
model.predict(pd.read_parquet(sys.argv[2])).to_parquet(sys.argv[3])
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    home = tmp_path_factory.mktemp("home")
    registry = Registry.local(home)
    bundle = saved(home / "bundle", horizon_days=60)
    made = registry.register(bundle, None, parameters={}, fingerprint={}, figures={}, card="# Joren")
    registry.promote(made.number, home / "bundles", why="the first", who="a test")
    return registry


def test_a_notebook_scores_as_the_bundle_does(registry: Registry, tmp_path: Path) -> None:
    bundle = fitted(60)
    behaviour = bundle.behaviour(a_shop(), AS_OF).sample(frac=1, random_state=2).reset_index(drop=True)
    asked, answered = tmp_path / "behaviour", tmp_path / "scores"
    behaviour.assign(extra="ignored").to_parquet(asked)
    subprocess.run([sys.executable, "-c", NOTEBOOK, registry.tracking_uri, asked, answered], check=True)
    expected = bundle.score_table(behaviour, AS_OF).drop(columns="reasons")
    pd.testing.assert_frame_equal(pd.read_parquet(answered), expected)


def test_the_moment_is_the_tables_or_else_the_bundles_and_never_two(registry: Registry) -> None:
    behaviour = fitted(60).behaviour(a_shop(), AS_OF)
    later = behaviour.assign(as_of=pd.Timestamp(AS_OF) + pd.Timedelta(days=1))
    with registry._mlflow() as mlflow:
        model = mlflow.pyfunc.load_model("models:/joren@champion")
        assert set(model.predict(behaviour)["as_of"]) == {AS_OF}
        assert set(model.predict(behaviour.drop(columns="as_of"))["as_of"]) == {AS_OF}
        assert set(model.predict(later)["as_of"]) == {AS_OF + timedelta(days=1)}
        assert model.predict(behaviour.iloc[:0]).empty
        with pytest.raises(ValueError, match="mixes 2 moments"):
            model.predict(pd.concat([behaviour, later]))
