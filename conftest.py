"""For every test and doctest, however pytest was started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

collect_ignore = ["training/pyfunc_model.py"]  # MLflow alone runs it; importing it imports MLflow

# `make test` asks the same questions every time; `HYPOTHESIS_PROFILE=explore` asks more, and new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))

LONGEST = ("test_engines.py", "test_readme.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
