"""From train to rollback, by the command line: who becomes champion, who said so, and who may not."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from tests.joren.conftest import joren
from tests.joren.shop import shop
from training.bundle import Bundle
from training.promotion import one_promotion_at_a_time, promotions

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of few customers, so that it is fitted fast, with its first champion."""
    folder = tmp_path_factory.mktemp("champion")
    data = folder / "sales.csv"
    shop(customers=80).to_csv(data, index=False)
    assert joren("init", folder, "--transactions", data).exit_code == 0
    trained = joren("train", "--project", folder, "--as-of", "2025-03-31", "--json")
    assert trained.exit_code == 0, trained.output
    assert json.loads(trained.stdout)["why"].startswith("the first model")
    return folder


def champion(folder: Path) -> tuple[int, str]:
    (number,) = (
        one["number"]
        for one in json.loads(joren("models", "--project", folder, "--json").stdout)
        if one["champion"]
    )
    return number, Bundle.load(folder / "bundles" / "current").version


def test_from_train_to_rollback(folder: Path) -> None:
    first = champion(folder)
    asked = joren("train", "--project", folder, "--as-of", "2025-03-31", "--horizon-days", 30)
    assert asked.exit_code == 3, asked.output
    assert "another question" in asked.stdout.replace("\n  ", " ")
    assert champion(folder) == first

    refused = joren("promote", "--project", folder)
    assert refused.exit_code == 3, refused.output
    assert "Version 2 does not become the champion: it answers another question (30" in refused.stderr
    assert "--force --why" in refused.stderr
    assert joren("promote", 2, "--force", "--project", folder).exit_code == 2, "without a reason"
    forced = joren("promote", 2, "--force", "--why", "a monthly list", "--who", "花子", "--project", folder)
    assert forced.exit_code == 0, forced.output
    assert champion(folder)[0] == 2

    back = joren("rollback", "--why", "complaints", "--project", folder, "--json")
    assert back.exit_code == 0, back.output
    assert champion(folder) == first
    further = joren("rollback", "--project", folder)
    assert further.exit_code == 2
    assert "no champion to go back to" in further.stderr

    told = [(one.number, one.who, one.how, one.why) for one in promotions(folder / "bundles")]
    assert told[1:] == [
        (2, "花子", "forced", "a monthly list"),
        (1, getpass.getuser(), "rollback", "complaints"),
    ]
    shown = joren("models", "--project", folder).stdout
    for words in ("花子", "past the gate", "complaints", "put back"):
        assert words in shown


def test_another_configuration_is_fitted_beside_the_champions_and_compared(folder: Path) -> None:
    file = folder / "joren.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("# max_moments = 12", "max_moments = 6"), encoding="utf-8")
    trained = joren("train", "--project", folder, "--as-of", "2025-04-30", "--json")
    file.write_text(text, encoding="utf-8")
    assert trained.exit_code == 0, trained.output
    gate = json.loads(trained.stdout)["gate"]
    assert gate["comparison"]["customers"] > 50
    assert gate["comparison"]["low"] == gate["comparison"]["high"] == 0.0, "too few customers to learn from"
    assert {check["name"] for check in gate["checks"]} >= {"schema", "golden scores", "comparison"}
    assert champion(folder)[0] == gate_number(trained.stdout)


def gate_number(printed: str) -> int:
    number: int = json.loads(printed)["registered_version"]
    return number


def test_a_promotion_while_another_is_at_work_is_told_so(folder: Path) -> None:
    with one_promotion_at_a_time(folder / "bundles"):
        told = joren("promote", 1, "--force", "--why", "now", "--project", folder)
    assert told.exit_code == 4
    assert "Another promotion is at work" in told.stderr
