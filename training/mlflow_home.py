"""A project folder's own MLflow, wherever the folder lies today: ``mlruns/mlflow.db``, ``mlruns/artifacts/``.

MLflow writes the absolute path of every artefact into its database, so that a folder that is moved, renamed
or copied loses its models. Whoever opens a home here first puts those paths right. It also keeps the database
open after use, and would go on writing into one that was moved away: `quiet` has it close what it opened.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

__all__ = ["ARTIFACTS", "DATABASE", "opened", "quiet"]

DATABASE = Path("mlruns", "mlflow.db")
ARTIFACTS = Path("mlruns", "artifacts")
EXPERIMENT_PATHS = ("experiments", "artifact_location")
PATHS = (
    EXPERIMENT_PATHS,
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
NOISY = ("mlflow", "alembic")
MEANWHILE = {  # MLflow sets its own log level when it is first imported
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": "NullPool",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def opened(home: Path) -> tuple[str, str]:
    """Return tracking URI and artefact root of a folder's MLflow; make its folders, correct its paths."""
    home = home.resolve()
    database, artifacts = home / DATABASE, home / ARTIFACTS
    artifacts.mkdir(parents=True, exist_ok=True)
    if database.exists():
        _put_paths_right(database, artifacts)
    return f"sqlite:///{database}", str(artifacts)


def _put_paths_right(database: Path, artifacts: Path) -> None:
    table, column = EXPERIMENT_PATHS
    with closing(sqlite3.connect(database)) as connection, connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            return
        ours = f"SELECT DISTINCT {column} FROM {table} WHERE {column} LIKE ? AND {column} <> ?"
        for (before,) in connection.execute(ours, (f"%/{ARTIFACTS.as_posix()}", str(artifacts))).fetchall():
            for each, path in PATHS:
                connection.execute(
                    f"UPDATE {each} SET {path} = ? || substr({path}, ?) WHERE substr({path}, 1, ?) = ?",
                    (str(artifacts), len(before) + 1, len(before), before),
                )


@contextmanager
def quiet() -> Iterator[None]:
    """Have MLflow say nothing, to nobody, and hold no database open; all but telemetry is then as before."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    before = {name: os.environ.get(name) for name in (*MEANWHILE, "MLFLOW_TRACKING_URI")}
    levels = {name: logging.getLogger(name).level for name in NOISY}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ.update(MEANWHILE)
        for name in NOISY:
            logging.getLogger(name).setLevel(logging.ERROR)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
            for name, text in before.items():  # MLflow itself sets the tracking URI, for its children
                if text is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = text
