from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.joren.conftest import joren


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "joren.toml").write_text('[tables.transactions]\nfile = "sales.csv"\n')
    return tmp_path


def made(folder: Path, *arguments: object) -> str:
    """Return the prefix of the key that a command prints."""
    done = joren("keys", *arguments, "--project", folder)
    assert done.exit_code == 0, done.output
    return done.stdout.split("_")[1]


def listed(folder: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(joren("keys", "list", "--json", "--project", folder).stdout)
    return rows


def test_a_key_is_rotated_with_two_live_ones_for_a_day(folder: Path) -> None:
    old = made(folder, "create", "crm", "--scope", "privacy:erase", "--requests-per-minute", "60")
    new = made(folder, "rotate", old)
    before, after = listed(folder)
    assert (before["replaced_by"], before["live"], after["live"]) == (new, True, True)
    for name in ("name", "scopes", "requests_per_minute"):
        assert before[name] == after[name]
    ends = datetime.fromisoformat(str(before["expires_at"]))
    assert ends - datetime.fromisoformat(str(after["created_at"])) == timedelta(hours=24)
    assert after["expires_at"] is None
    again = joren("keys", "rotate", old, "--project", folder)
    assert (again.exit_code, new in again.output) == (2, True)


def test_a_key_that_leaked_ends_at_once(folder: Path) -> None:
    made(folder, "rotate", made(folder, "create", "crm"), "--grace", "0h", "--days", "90")
    leaked, new = listed(folder)
    assert (leaked["live"], new["live"]) == (False, True)
    assert new["expires_at"] is not None


def test_the_table_of_keys_says_when_each_was_last_used(folder: Path) -> None:
    prefix = made(folder, "create", "crm")
    shown = joren("keys", "list", "--project", folder).stdout
    assert prefix in shown
    assert "never" in shown
    assert made(folder, "create", "another") in joren("keys", "list", "--project", folder).stdout


@pytest.mark.parametrize("grace", ["24", "-1h", "1w", "h", "99999d"])
def test_a_grace_that_is_no_span_of_time_is_refused(folder: Path, grace: str) -> None:
    refused = joren("keys", "rotate", "abcdefghij", "--grace", grace, "--project", folder)
    assert refused.exit_code == 2
    assert "no span of time" in refused.output
