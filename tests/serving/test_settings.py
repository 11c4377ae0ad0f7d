from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from serving.settings import Settings


def test_the_defaults_listen_to_this_machine_only() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.store_url) == ("127.0.0.1", 8000, "sqlite:///scores.db")
    assert settings.drain_seconds + settings.shutdown_seconds <= 10


def test_the_environment_stands_over_the_project_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOREN_PORT", "9000")
    monkeypatch.setenv("JOREN_STORE_URL", "postgresql+psycopg://db.internal/joren")
    settings = Settings(port=8001, host="127.0.0.2")
    assert (settings.port, settings.host) == (9000, "127.0.0.2")
    assert settings.store_url == "postgresql+psycopg://db.internal/joren"


def test_another_process_reads_the_very_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(port=8123, bundles=Path("a folder"), drain_seconds=0.5, log_level="WARNING")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    assert Settings() == settings


@pytest.mark.parametrize(
    "wrong",
    [{"port": 70_000}, {"workers": 0}, {"log_level": "LOUD"}, {"prot": 8000}, {"key_cache_seconds": 60}],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_settings_cannot_be_changed_under_way() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1
