"""Coverage looks away while a library is at work.

Until Python 3.12, whoever traces one line of ours is told of every line of every library below it: that
doubles the time that Ibis takes to compile, matplotlib to draw, and MLflow to set up a database. What is
named here calls no line of ours but what it is handed, so that nothing that is counted is missed.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import sys
from collections.abc import Callable
from types import FunctionType, MethodType
from typing import Any

__all__ = ["look_away"]

CALLED_BACK = (FunctionType, MethodType, functools.partial)
"""What of ours a library may be given to call: it is then watched all the way."""


def look_away() -> None:
    """Let these libraries' own code run unwatched in this process; they are imported here, unwatched, too."""
    load = _unwatched(importlib.import_module)
    ibis, figures, mlflow = map(load, ("ibis", "matplotlib.figure", "mlflow"))
    for kind in vars(load("ibis.expr.types")).values():
        if inspect.isclass(kind) and kind.__module__.startswith("ibis.expr.types"):
            _unwatch(kind, *_methods(kind))
    for kind in (load("ibis.backends.duckdb").Backend, mlflow.MlflowClient):
        _unwatch(kind, *_methods(kind))
    _unwatch(load("ibis.backends.sql").SQLBackend, "compile", "drop_table", "insert")
    _unwatch(load("ibis.common.bases").AbstractMeta, "__call__")
    _unwatch(ibis, "to_sql")
    _unwatch(figures.Figure, "draw", "savefig", "subplots")
    _unwatch(load("mlflow.store.db.utils"), "_initialize_tables")
    _unwatch(load("_pytest.assertion.rewrite"), "_rewrite_test")
    for others in ("fastapi", "optuna", "pandas", "scipy.stats", "sklearn.linear_model", "xgboost"):
        load(others)


def _methods(kind: type) -> list[str]:
    return [
        name
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not inspect.isgeneratorfunction(inspect.unwrap(value))
    ]


def _unwatch(owner: Any, *names: str) -> None:  # noqa: ANN401 - a class or a module
    for name in names:
        setattr(owner, name, _unwatched(getattr(owner, name)))


def _unwatched(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*given: object, **named: object) -> Any:  # noqa: ANN401 - whatever it returns
        tracer = sys.gettrace()
        if tracer is None or any(isinstance(one, CALLED_BACK) for one in (*given, *named.values())):
            return function(*given, **named)
        sys.settrace(None)
        try:
            return function(*given, **named)
        finally:
            sys.settrace(tracer)

    return call
