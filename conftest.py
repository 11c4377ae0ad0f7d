"""For every test and doctest, however pytest was started."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from hypothesis import settings

if TYPE_CHECKING:
    import pytest

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # a worker for each core: threads that spin for each other
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

gc.set_threshold(50_000, 20, 50)  # what Ibis builds dies young: looking for its cycles so often takes a tenth

collect_ignore = ["training/pyfunc_model.py"]  # MLflow alone runs it; importing it imports MLflow

# `make test` asks the same questions every time; `HYPOTHESIS_PROFILE=explore` asks more, and new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_configure(config: pytest.Config) -> None:
    """Where coverage is measured, let it look away while libraries are at work: it takes half the time."""
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if config.getoption("cov_source", None) and runs_tests:
        from tests.unwatched import look_away

        look_away()


LONGEST = ("test_engines.py", "test_readme.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first, so that no worker is left with one at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
