"""Who may import what, read from the source; and what is loaded in fact when a room is imported."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[1]
ROOMS = ("features", "training", "serving", "joren")
SOURCES = sorted(path.relative_to(HOUSE) for room in ROOMS for path in (HOUSE / room).rglob("*.py"))
MAY_IMPORT = {
    "mlflow": {"training/registry.py", "training/mlflow_run.py", "training/pyfunc_model.py"},
    "lifetimes": {"training/models/lifetimes_bridge.py"},
    "xgboost": {
        "training/bundle.py",
        "training/models/amounts.py",
        "training/models/churn.py",
        "training/models/rfm_trees.py",
        "training/models/trees.py",
    },
}
NEVER = {"pickle", "cPickle", "joblib", "cloudpickle", "dill", "shelve", "marshal"}
SLOW = ("mlflow", "matplotlib", "lifetimes")
RUN_BY_OTHERS = {"training/pyfunc_model.py"}  # MLflow runs it; no module of ours imports it


def imported(source: Path) -> Iterator[str]:
    """Yield the outermost package of every import, wherever in the file it stands."""
    for node in ast.walk(ast.parse((HOUSE / source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("source", SOURCES, ids=str)
def test_every_import_is_one_that_the_file_may_make(source: Path) -> None:
    names = set(imported(source))
    assert not names & NEVER, "nothing is pickled in this house"
    for package, files in MAY_IMPORT.items():
        assert package not in names or source.as_posix() in files


def test_the_check_sees_an_import_inside_a_function() -> None:
    assert "mlflow" in set(imported(Path("training/registry.py")))


def modules() -> list[str]:
    listed = [
        path for path in SOURCES if path.as_posix() not in RUN_BY_OTHERS and "migrations" not in path.parts
    ]
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in listed]


def loaded_after(*names: str) -> set[str]:
    """Return the packages that a fresh process has loaded once it imported these modules."""
    program = f"import importlib, sys; [importlib.import_module(n) for n in {names!r}]; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    return {name.partition(".")[0] for name in said.stdout.split()}


def test_importing_all_of_joren_loads_nothing_slow() -> None:
    assert not loaded_after(*modules()) & set(SLOW)


def test_the_command_line_starts_without_mlflow() -> None:
    if not (HOUSE / "joren" / "cli" / "__init__.py").exists():
        pytest.skip("joren.cli is not there yet")
    assert not loaded_after("joren.cli") & {*SLOW, "xgboost", "sklearn"}
