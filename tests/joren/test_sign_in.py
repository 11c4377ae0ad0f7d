from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from joren.cli.app import app
from serving.pages.sessions import Session, begin_session, session_of
from serving.settings import Settings
from serving.store import Store


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "joren.toml").write_text('[tables.transactions]\nfile = "orders.csv"\n', encoding="utf-8")
    return tmp_path


def opened(project: Path, link: str) -> Session | None:
    with closing(Store.open(f"sqlite:///{project}/scores.db")) as store:
        return begin_session(store, link.partition("token=")[2], now=datetime.now(UTC))


def test_sign_in_prints_a_link_that_opens_once_and_sign_out_ends_it(project: Path) -> None:
    asked = CliRunner().invoke(app, ["sign-in", "--project", str(project)])
    assert asked.stdout.startswith("http://127.0.0.1:8000/sign-in?token=")
    session = opened(project, asked.stdout.strip())
    assert session is not None
    assert opened(project, asked.stdout.strip()) is None
    assert "Signed out: 1" in CliRunner().invoke(app, ["sign-out", "--project", str(project)]).stderr
    with closing(Store.open(f"sqlite:///{project}/scores.db")) as store:
        assert session_of(store, session.token, now=datetime.now(UTC)) is None


@pytest.mark.parametrize(
    ("section", "address"),
    [
        ("port = 9000", "http://127.0.0.1:9000"),
        ('host = "::1"', "http://[::1]:8000"),
        ('public_url = "https://joren.example.com"', "https://joren.example.com"),
    ],
)
def test_the_link_names_the_address_that_people_use(project: Path, section: str, address: str) -> None:
    with (project / "joren.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[serving]\n{section}\n")
    asked = CliRunner().invoke(app, ["sign-in", "--project", str(project)])
    assert asked.stdout.startswith(f"{address}/sign-in?token=")


def test_serve_prints_a_link_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[Settings] = []
    monkeypatch.setattr("joren.asgi.serve", served.append)
    asked = CliRunner().invoke(app, ["serve", "--project", str(project), "--port", "9001"])
    link = asked.stdout.split()[-1]
    assert link.startswith("http://127.0.0.1:9001/sign-in?token=")
    assert opened(project, link) is not None
    assert served[0].port == 9001
