"""What the pages say, one file a language: ``languages/en.toml`` and ``languages/ja.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from markupsafe import Markup, escape

from serving.service import Language

__all__ = ["Texts", "language_asked", "load_texts"]

QUALITY = re.compile(r"\s*;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$")


class Texts:
    """The texts of one language; ``texts("list.title", n=5)`` is safe to stand in HTML."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, name: str, /, **values: object) -> Markup:
        """Return the text of that name with the values in their places; what is no markup is escaped.

        Raises KeyError for a name that is not there, and for a place without its value.
        """
        return escape(self._texts[name]).format_map(values)

    def plain(self, name: str) -> str:
        """Return the text of that name as it is, for what is no page."""
        return self._texts[name]

    def counted(self, name: str, number: int, /, **values: object) -> Markup:
        """Return the text ``name.one`` or ``name.other``, as the number wants it."""
        return self(f"{name}.{'one' if number == 1 else 'other'}", **values)

    def __contains__(self, name: object) -> bool:
        """Return whether there is a text of that name."""
        return name in self._texts

    def names(self) -> Iterable[str]:
        """Return every name, as in ``list.title``."""
        return self._texts.keys()


@cache
def load_texts(language: Language) -> Texts:
    """Return the texts of a language, read once."""
    file = files("serving.pages") / "languages" / f"{language.value}.toml"
    return Texts(language, dict(_flat(tomllib.loads(file.read_text(encoding="utf-8")))))


def _flat(table: Mapping[str, object], under: str = "") -> Iterable[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{under}{name}.")
        else:
            yield f"{under}{name}", str(value)


def language_asked(chosen: str | None, kept: str | None, accepted: str | None) -> Language:
    """Return the language that was chosen just now, or before, or that the browser asks for; else English.

    >>> str(language_asked(None, None, "de, ja;q=0.9, en;q=0.8"))
    'ja'
    >>> str(language_asked(None, "en", "ja"))
    'en'
    """
    known = {language.value: language for language in Language}
    for one in (chosen, kept):
        if one in known:
            return known[one]
    wanted = [(_quality(part), known.get(_primary(part))) for part in (accepted or "").split(",")]
    liked = [(quality, language) for quality, language in wanted if language is not None and quality > 0]
    return max(liked, key=lambda pair: pair[0])[1] if liked else Language.ENGLISH


def _primary(part: str) -> str:
    return part.partition(";")[0].strip().lower().partition("-")[0]


def _quality(part: str) -> float:
    found = QUALITY.search(part)
    return float(found[1]) if found else 1.0
