from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from serving.app import create_app
from serving.auth import Scope, create_key
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from tests.postgres_server import postgres, why_not
from tests.serving.fake_bundle import load
from tests.serving.frames import VERSION, run_info, shop

NOW = datetime.now(UTC)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if reason := why_not():
        pytest.skip(reason)
    with postgres() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own, on both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/scores.db"
    server: str = request.getfixturevalue("postgres_url")
    name = f"store_{uuid.uuid4().hex}"
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.removesuffix("postgres") + name


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = Store.open(store_url)
    yield opened
    opened.close()


@dataclass(frozen=True)
class Shop:
    """A running app on an SQLite store with one published run, and keys for it."""

    client: TestClient
    store: Store
    scores: pd.DataFrame
    bundles: Path

    def key(self, *scopes: Scope, expires_at: datetime | None = None) -> dict[str, str]:
        """Return the header of a new key with these scopes, or with all."""
        created = create_key(self.store, "test", scopes or Scope, now=NOW, expires_at=expires_at)
        return {"X-API-Key": created}


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("JOREN_"):
            monkeypatch.delenv(name)


@contextmanager
def running(store: Store, folder: Path) -> Iterator[Shop]:
    """The app on a store, with a bundle beside it; its client sends a key that may do all."""
    bundles = folder / "bundles"
    (bundles / VERSION).mkdir(parents=True)
    app = create_app(Settings(key_cache_seconds=0), ScoringService(store, Shelf(bundles, load)))
    with TestClient(app, raise_server_exceptions=False) as client:
        opened = Shop(client, store, shop(200)[0], bundles)
        client.headers.update(opened.key())
        yield opened


@pytest.fixture
def unpublished(tmp_path: Path) -> Iterator[Shop]:
    """The app on a store in which nothing has been published yet."""
    with running(Store.open(f"sqlite:///{tmp_path}/scores.db"), tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def published_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a run of 200 customers, made once and copied for each test that wants it."""
    file = tmp_path_factory.mktemp("published") / "scores.db"
    with closing(Store.open(f"sqlite:///{file}")) as store:
        store.publish(*shop(200), run=run_info())
    return file


@pytest.fixture
def served(tmp_path: Path, published_file: Path) -> Iterator[Shop]:
    """The app on a store with one published run."""
    shutil.copy(published_file, tmp_path)
    with running(Store.open(f"sqlite:///{tmp_path}/scores.db"), tmp_path) as opened:
        yield opened
