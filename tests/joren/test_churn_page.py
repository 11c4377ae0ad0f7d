"""The page on churn: what is quick is typed as it stands; the rest is what the program takes."""

import re
import shlex
from pathlib import Path

import pytest

from tests.joren.conftest import joren
from tests.joren.documents import ROOT, blocks
from training.grade import RULE, RULE_JA

PAGE, PAGE_JA = "docs/churn.md", "docs/churn.ja.md"
SLOW = "backtest", "train", "models", "promote", "rollback", "score", "monitor"  # with tests of their own


def commands() -> list[list[str]]:
    lines = "".join(blocks(PAGE, "sh")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("joren ")]


def test_the_page_prints_what_the_quick_commands_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = [joren(*command) for command in commands() if command[0] not in SLOW]
    assert [one.exit_code for one in said] == [0, 0]
    printed = blocks(PAGE, "text")[0]
    assert trimmed(printed) in trimmed(said[1].stdout)


def trimmed(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())


def test_every_command_takes_the_options_it_is_given() -> None:
    told = commands()
    assert {command[0] for command in told} >= set(SLOW)
    prose = re.findall(r"`joren ([a-z-]+)([^`]*)`", (ROOT / PAGE).read_text(encoding="utf-8"))
    told += [[name, *shlex.split(rest)] for name, rest in prose]
    for command in told:
        helped = joren(command[0], "--help")
        assert helped.exit_code == 0, command
        for option in (word for word in command if word.startswith("--")):
            assert option in helped.stdout, command


def test_the_rule_on_the_page_is_the_rule_that_grades() -> None:
    for page, rules in ((PAGE, RULE), (PAGE_JA, RULE_JA)):
        text = " ".join((ROOT / page).read_text(encoding="utf-8").split())
        for letter, rule in rules.items():
            assert f"| {letter} | {rule} |" in text


def test_both_pages_show_the_same_commands_and_answers() -> None:
    for kind in ("sh", "text"):
        assert blocks(PAGE, kind) == blocks(PAGE_JA, kind)


@pytest.mark.parametrize("page", [PAGE, PAGE_JA])
def test_every_page_and_picture_that_is_linked_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)", text):
        assert (ROOT / "docs" / target).exists(), target
