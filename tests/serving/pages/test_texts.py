from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from string import Formatter

import pytest
from markupsafe import Markup

from features.catalogue import CATALOGUE
from features.segments import CYCLE_STATUSES, SEGMENTS
from serving.listing import Sort
from serving.pages.texts import Texts, language_asked, load_texts
from serving.service import Language
from training.score_schema import ChurnBand, ScoreStatus

ENGLISH, JAPANESE = load_texts(Language.ENGLISH), load_texts(Language.JAPANESE)
BY_VALUE = {
    "band": [one.value for one in ChurnBand],
    "sort": [one.value for one in Sort],
    "status": [one.value for one in ScoreStatus if one is not ScoreStatus.ELIGIBLE],
    "cycle": [label.name for label in CYCLE_STATUSES],
    "segment": [label.name for label in SEGMENTS],
    "family": [*dict.fromkeys(feature.family for feature in CATALOGUE), "attributes"],
    "attribute": ["country", "acquisition_channel"],
}


def places(texts: Texts, name: str) -> set[str | None]:
    return {place for _, place, _, _ in Formatter().parse(texts.plain(name)) if place is not None}


def test_both_languages_have_every_text_with_the_same_places() -> None:
    assert list(ENGLISH.names()) == list(JAPANESE.names())
    for name in ENGLISH.names():
        assert places(ENGLISH, name) == places(JAPANESE, name), name
        assert ENGLISH.plain(name).strip()
        assert JAPANESE.plain(name).strip()


def test_whatever_a_score_can_say_has_a_text() -> None:
    for group, values in BY_VALUE.items():
        assert [name for name in ENGLISH.names() if name.startswith(f"{group}.")] == [
            f"{group}.{value}" for value in values
        ]


def wanted() -> Iterator[str]:
    """Every name that a template or the code asks for, as a pattern."""
    sources = [*files("serving.pages").joinpath("templates").iterdir()]
    sources += [files("serving.pages").joinpath("file.py"), files("serving.routes").joinpath("sign_in.py")]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for name in re.findall(r'\bt(?:\.counted|\.plain)?\(f?"([\w.]+(?:\{\w+\})?)"', text):
            yield re.sub(r"\\\{.*?\\\}", ".*", re.escape(name))
        yield from (f"{group}\\..*" for group in re.findall(r'\bt\("([\w.]+)\." \+', text))
        yield from (re.escape(name) for name in re.findall(r'"(customer\.\w+)"', text))
        yield from (rf"{re.escape(name)}\..*" for name in re.findall(r'"(error\.\w+)"', text))


def test_no_text_is_left_that_nobody_shows() -> None:
    patterns = [re.compile(rf"{name}(\.one|\.other)?") for name in {*wanted(), r"error\..*", r"file\..*"}]
    assert [name for name in ENGLISH.names() if not any(one.fullmatch(name) for one in patterns)] == []


def test_values_are_escaped_and_markup_is_not() -> None:
    shown = ENGLISH("customer.was", text="<b>&")
    assert shown == Markup("before: &lt;b&gt;&amp;")
    assert ENGLISH("customer.was", text=Markup("<b>1</b>")) == Markup("before: <b>1</b>")
    assert "1 customer " in ENGLISH.counted("list.summary", 1, n=1, days=91, money="$5")


@pytest.mark.parametrize(
    ("chosen", "kept", "accepted", "language"),
    [
        ("ja", "en", "en", "ja"),
        ("<script>", "ja", "en", "ja"),
        (None, None, "ja-JP, en;q=0.5", "ja"),
        (None, None, "en-GB, ja;q=0.9", "en"),
        (None, None, "de, fr;q=0.9", "en"),
        (None, None, "ja;q=0, de", "en"),
        (None, None, "*;q=0.1,,;;q=9, ja ; q=0.2", "ja"),
        (None, None, None, "en"),
    ],
)
def test_the_language_is_the_one_asked_for(
    chosen: str | None, kept: str | None, accepted: str | None, language: str
) -> None:
    assert language_asked(chosen, kept, accepted) == language
