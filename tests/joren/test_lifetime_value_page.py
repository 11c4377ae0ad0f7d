"""The page on lifetime value: its commands are typed, and print what the page says; its Python is run."""

import doctest
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from tests.joren.conftest import joren
from tests.joren.documents import ROOT, blocks

PAGE = "docs/lifetime-value.md"
ELSEWHERE = "not shipped with it"  # data of others, from here on
LARGEST_PICTURE_BYTES = 60_000


def commands_with_output() -> list[tuple[str, str]]:
    """Return the shell blocks on Joren's own data, in order, each with the output that follows, if any."""
    text = (ROOT / PAGE).read_text(encoding="utf-8").split(ELSEWHERE)[0]
    fenced = re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    return [
        (block, printed if kind == "text" else "")
        for (language, block), (kind, printed) in pairwise([*fenced, ("", "")])
        if language == "sh"
    ]


@pytest.mark.timeout(600)
def test_every_command_prints_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = commands_with_output()
    assert sum(bool(printed) for _, printed in told) >= 4
    for command, printed in told:
        program, *arguments = shlex.split(command)
        assert program == "joren"
        said = joren(*arguments)
        assert said.exit_code == 0, said.output
        assert _trimmed(printed) in _trimmed(said.stdout), f"{command}prints\n{said.stdout}\nnot\n{printed}"


def _trimmed(printed: str) -> str:
    return "\n".join(line.rstrip() for line in printed.strip("\n").splitlines())


def test_the_python_gives_what_the_page_says() -> None:
    examples = "\n".join(blocks(PAGE, "python"))
    page = doctest.DocTestParser().get_doctest(examples, {}, PAGE, PAGE, 0)
    assert len(page.examples) >= 6
    assert doctest.DocTestRunner().run(page).failed == 0


def test_every_picture_and_page_that_is_linked_is_there_and_small() -> None:
    text = (ROOT / PAGE).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / "docs" / target).exists(), target
    pictures = sorted(Path(ROOT, "docs", "pictures").iterdir())
    pages = [path.read_text(encoding="utf-8") for path in Path(ROOT, "docs").glob("*.md")]
    shown = sorted({link for page in pages for link in re.findall(r"\((pictures/[^)]+)\)", page)})
    assert [f"pictures/{path.name}" for path in pictures] == shown
    for picture in pictures:
        assert picture.stat().st_size < LARGEST_PICTURE_BYTES
        with Image.open(picture) as drawn:
            assert drawn.width == 720
