"""The stylesheet keeps its promise: every pair of colours can be read (WCAG 2.2, AA), light and dark."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

STYLE = files("serving").joinpath("static/joren/style.css").read_text(encoding="utf-8")
PAIRS = {
    "ink": ("paper", "card", "hover", "red"),
    "soft": ("paper", "card", "hover"),
    "accent": ("paper", "card", "hover"),
    "on-accent": ("accent",),
    "high": ("paper", "card", "hover"),
    "medium": ("paper", "card", "hover"),
    "low": ("paper", "card", "hover"),
    "amber-ink": ("amber",),
    "edge": ("paper", "card"),
}
BORDERS = {"edge"}


def colours(scheme: int) -> dict[str, str]:
    found = re.findall(r"--([\w-]+): light-dark\(#(\w{6}), #(\w{6})\)", STYLE)
    return {name: pair[scheme] for name, *pair in found}


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_what_is_written_can_be_read(scheme: int) -> None:
    palette = colours(scheme)
    for front, grounds in PAIRS.items():
        for ground in grounds:
            least = 3.0 if front in BORDERS else 4.5
            assert contrast(palette[front], palette[ground]) >= least, (front, ground)


def test_every_colour_that_is_used_is_named_and_nothing_is_loaded() -> None:
    named = set(re.findall(r"--([\w-]+):", STYLE))
    assert set(re.findall(r"var\(--([\w-]+)\)", STYLE)) <= named
    assert "url(" not in STYLE
    assert "@import" not in STYLE
