"""What is wrong with a ``joren.toml``, in the file's own terms: its line, its key, and the way out."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic_core import ErrorDetails

from features.contract import CONTRACT
from joren import sections
from joren.errors import ConfigError

__all__ = ["line_of", "refusal", "refuse_unknown_column"]


def refuse_unknown_column(name: str, at: str, table: str = "transactions") -> None:
    """Raise ``ConfigError`` with the nearest names where ``name`` is no column of ``table``."""
    names = [column.name for column in CONTRACT[table].columns]
    if name not in names:
        raise ConfigError(f"{at}{name} is no column of the contract of {table}.", mend=_nearest(name, names))


def _nearest(name: str, names: Iterable[str]) -> str:
    """Say which of ``names`` may have been meant, or list them all."""
    close = difflib.get_close_matches(name, names)
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are {', '.join(names)}."


def refusal(problems: list[ErrorDetails], path: Path, text: str) -> ConfigError:
    """Put the first of what pydantic found into the file's own terms; a misspelt key before a missing one."""
    problem = min(problems, key=lambda each: each["type"] != "extra_forbidden")
    key = tuple(str(part) for part in problem["loc"])
    at, name = line_of(path, text, key), ".".join(key)
    match problem["type"]:
        case "extra_forbidden":
            return ConfigError(
                f"{at}{name} is no key that Joren knows.", mend=_nearest(key[-1], sections.keys_beside(key))
            )
        case sections.NO_PLACE:
            return ConfigError(
                f"{at}{name}.{problem['msg']}.",
                mend="A table is a file, or a table or query of the database of a url or url_env.",
            )
        case sections.NOTHING_TO_READ:
            return ConfigError(
                f"{at}{name}.{problem['msg']}.",
                mend="Name the file of the purchases, or [tables.subscriptions] where there are contracts.",
            )
        case "missing":
            return ConfigError(f"{at}{name} is missing.", mend="See what `joren init DIR` writes.")
        case "date_type":
            return ConfigError(
                f"{at}{name} = {problem['input']!r} is no date.",
                mend="A date has no quotation marks: 1998-03-31.",
            )
        case _:
            return ConfigError(f"{at}{name} = {problem['input']!r} cannot be.", mend=f"{problem['msg']}.")


def line_of(path: Path, text: str, key: tuple[str, ...]) -> str:
    """Return "joren.toml, line 7: " for the line that sets ``key``, or begins the section that lacks it."""
    line, depth = 1, 0
    section: tuple[str, ...] = ()
    for number, content in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([^\[\]]+)\]", content):
            here = section = _parts(header[1])
        elif setting := re.match(r"\s*([^#=]+?)\s*=", content):
            here = section + _parts(setting[1])
        else:
            continue
        if len(here) > depth and here == key[: len(here)]:
            line, depth = number, len(here)
    return f"{path}, line {line}: "


def _parts(dotted: str) -> tuple[str, ...]:
    """Return the names in a dotted key; a name that holds a dot itself is not looked for."""
    return tuple(part.strip(" \"'") for part in dotted.split("."))
