"""schemathesis, with all its checks, against everything that the API's description promises."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import uvicorn

from features.cx import experience
from serving.app import create_app
from serving.auth import Scope, create_key
from serving.background import Background, Document
from serving.in_use import ModelInUse
from serving.patience import PatientProtocol
from serving.service import ScoringService
from serving.settings import Settings
from serving.shelf import Shelf
from serving.store import Store
from serving.watch import Watch, verify_in_a_process
from tests.serving.fake_bundle import load
from tests.serving.frames import VERSION, run_info, shop
from tests.serving.real_server import free_port, wait_until
from tests.training.bundles import AS_OF, VALUE_ONLY_DAYS, a_shop, fitted

CONFIG = Path(__file__).with_name("schemathesis.toml")


class DoneAtOnce:
    """A scoring job that has nothing to do."""

    def __init__(self, asked: Mapping[str, object]) -> None:
        """Do nothing with what is asked."""

    def messages(self) -> Iterator[Mapping[str, str]]:
        return iter(())

    def stop(self) -> None:
        """Nothing is under way."""

    def exit_code(self) -> int:
        return 0


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The whole app behind a real port, with scores, a model in use and jobs; its address, and a key."""
    folder = tmp_path_factory.mktemp("target")
    (folder / VERSION).mkdir()
    store = Store.open(f"sqlite:///{folder}/scores.db")
    known = pd.DataFrame({"customer_id": ["c-7f"], "country": ["JP"], "prefecture": ["東京都"]})
    figures = {Document.EXPERIENCE: experience(a_shop(), AS_OF).to_json()}
    store.publish(*shop(), run=run_info(), background=Background(known, figures))
    key = create_key(store, "test", Scope, now=datetime.now(UTC))
    model = fitted(VALUE_ONLY_DAYS)
    model.prepare()
    in_use = ModelInUse(model)
    watch = Watch(folder, in_use, load, verify_in_a_process)
    service = ScoringService(store, Shelf(folder, load), in_use)
    app = create_app(Settings(requests_per_minute=10_000_000), service, watch, start_scoring=DoneAtOnce)
    port = free_port()
    config = uvicorn.Config(app, port=port, http=PatientProtocol, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    yield f"http://127.0.0.1:{port}", key
    server.should_exit = True
    thread.join()


def tried(target: tuple[str, str], folder: Path, *options: object) -> subprocess.CompletedProcess[str]:
    address, key = target
    command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    asked = ["--config-file", CONFIG, "run", f"{address}/openapi.json", "--header", f"X-API-Key: {key}"]
    words = [
        *command,
        *map(str, [*asked, "--checks", "all", "--request-timeout", 60, "--no-color", *options]),
    ]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_nothing_is_found(target: tuple[str, str], tmp_path: Path) -> None:
    done = tried(target, tmp_path, "--phases", "examples,fuzzing", "--max-examples", 5)
    assert done.returncode == 0, done.stdout


@pytest.mark.prove
@pytest.mark.timeout(3600)
def test_nothing_is_found_by_many_examples(target: tuple[str, str], tmp_path: Path) -> None:
    done = tried(target, tmp_path, "--max-examples", 40)
    assert done.returncode == 0, done.stdout
