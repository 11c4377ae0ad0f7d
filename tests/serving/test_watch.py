"""The service follows bundles/current, and goes on with what it has where that leads to nothing sound."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from serving.errors import ModelRefusedError, ModelUnavailableError
from serving.in_use import ModelInUse, Predictor, Rows
from serving.watch import Watch, verify_in_a_process
from tests.serving.fake_bundle import FakeBundle
from tests.training.bundles import saved
from training.errors import BundleError
from training.promotion import point_at

FIRST, SECOND, THIRD = "0a1b2c3d4e5f", "111111111111", "222222222222"


class FakePredictor(FakeBundle):
    tables = ("transactions",)

    def __init__(self, version: str) -> None:
        super().__init__()
        self.version = version
        self.prepared = False

    def prepare(self) -> None:
        self.prepared = True

    def behaviour_of(self, rows: Rows, as_of: date) -> pd.DataFrame:
        raise NotImplementedError

    def score_table(self, behaviour: pd.DataFrame, as_of: date) -> pd.DataFrame:
        raise NotImplementedError


class Watched:
    """A bundles folder, what is in use, and which bundles were verified."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.in_use = ModelInUse()
        self.verified: list[str] = []
        self.now = 0.0
        self.watch = Watch(folder, self.in_use, self.load, self.verify, clock=lambda: self.now)

    def load(self, bundle: Path) -> Predictor:
        return FakePredictor((bundle / "version").read_text(encoding="utf-8"))

    def verify(self, bundle: Path) -> None:
        self.verified.append(bundle.name)
        if (bundle / "broken").exists():
            raise BundleError("It is broken.")

    def promote(self, version: str, *, holds: str = "", broken: bool = False) -> None:
        bundle = self.folder / version
        if not bundle.exists():
            bundle.mkdir()
            (bundle / "version").write_text(holds or version, encoding="utf-8")
        if broken:
            (bundle / "broken").touch()
        point_at(bundle)


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_what_is_promoted_comes_into_use_prepared_and_verified_once(watched: Watched) -> None:
    watched.watch.look()
    with pytest.raises(ModelUnavailableError):
        _ = watched.in_use.model
    for version in (FIRST, SECOND, FIRST, SECOND):
        watched.promote(version)
        for _ in range(3):
            watched.watch.look()
        assert watched.in_use.version == version
        assert watched.in_use.model.prepared  # type: ignore[attr-defined]
    assert watched.verified == [FIRST, SECOND]
    assert watched.in_use.failures == 0


def test_a_bad_bundle_is_refused_and_the_old_one_stays(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.promote(FIRST)
    watched.watch.look()
    with caplog.at_level(logging.ERROR, "joren.models"):
        watched.promote(SECOND, broken=True)
        for _ in range(3):
            watched.watch.look()
    assert (watched.in_use.version, watched.in_use.failures) == (FIRST, 1)
    assert [record.joren["why"] for record in caplog.records] == ["It is broken."]  # type: ignore[attr-defined]
    (watched.folder / SECOND / "broken").unlink()
    watched.watch.look()
    assert (watched.in_use.version, watched.in_use.failures) == (SECOND, 1)


def test_what_was_refused_is_looked_at_again_a_minute_later(watched: Watched) -> None:
    watched.promote(FIRST, broken=True)
    for now, failures in ((0.0, 1), (59.0, 1), (61.0, 2), (62.0, 2)):
        watched.now = now
        watched.watch.look()
        assert (watched.in_use.version, watched.in_use.failures) == (None, failures)


def test_what_is_promoted_can_be_taken_in_at_once_and_a_refusal_is_told(watched: Watched) -> None:
    with pytest.raises(ModelUnavailableError):
        watched.watch.reload()
    watched.promote(FIRST)
    assert [watched.watch.reload().version for _ in range(2)] == [FIRST, FIRST]
    watched.promote(SECOND, broken=True)
    for failures in (1, 2):
        with pytest.raises(ModelRefusedError, match="It is broken"):
            watched.watch.reload()
        assert (watched.in_use.version, watched.in_use.failures) == (FIRST, failures)
    (watched.folder / SECOND / "broken").unlink()
    assert watched.watch.reload().version == SECOND
    assert watched.verified.count(FIRST) == 1


def test_a_pointer_that_leads_elsewhere_is_not_followed(watched: Watched, tmp_path: Path) -> None:
    watched.promote(FIRST)
    watched.watch.look()
    outside = tmp_path.parent / SECOND
    outside.mkdir(exist_ok=True)
    for target in (outside, tmp_path):
        (watched.folder / "current").unlink()
        (watched.folder / "current").symlink_to(target)
        watched.watch.look()
    watched.promote(THIRD, holds=SECOND)
    watched.watch.look()
    assert (watched.in_use.version, watched.in_use.failures) == (FIRST, 3)
    (watched.folder / "current").unlink()
    watched.watch.look()
    assert watched.in_use.version == FIRST


def test_the_thread_survives_what_no_one_thought_of(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    watched.promote(FIRST)
    monkeypatch.setattr(watched, "verify", lambda _: 1 / 0)
    watched.watch = Watch(watched.folder, watched.in_use, watched.load, watched.verify, every_seconds=0.01)
    watched.watch.start()
    wait_for(lambda: "fault" in [record.msg for record in caplog.records])
    assert watched.in_use.failures == 1
    monkeypatch.undo()
    watched.watch._verify = watched.verify
    watched.promote(SECOND)
    wait_for(lambda: watched.in_use.version == SECOND)
    watched.watch.stop()


def wait_for(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_process_of_its_own_finds_out_what_is_not_sound(tmp_path: Path) -> None:
    folder = saved(tmp_path / "made")
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    golden["scores"][3]["predicted_clv"] += 1.0
    (folder / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    with pytest.raises(ModelUnavailableError, match="otherwise"):
        verify_in_a_process(folder)
