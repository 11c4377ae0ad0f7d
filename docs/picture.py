"""Turn the demo's terminal output into the picture of the README.

In ``demo/``: ``COLUMNS=100 FORCE_COLOR=1 ../.venv/bin/joren run | ../.venv/bin/python ../docs/picture.py``
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

INK = (38, 43, 51)
COLOURS = [
    INK,
    (176, 42, 55),
    (25, 119, 80),
    (153, 102, 0),
    (29, 92, 160),
    (125, 60, 140),
    (12, 124, 134),
    (90, 98, 110),
]
PAPER = TerminalTheme((255, 255, 255), INK, COLOURS)


def main() -> None:
    """Read coloured text, write ``demo.svg`` beside this file, without the address of a font."""
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    for line in sys.stdin.read().rstrip().splitlines():
        console.print(Text.from_ansi(line), soft_wrap=True)
    svg = console.export_svg(title="joren run", theme=PAPER)
    without_font = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    Path(__file__).with_name("demo.svg").write_text(without_font, encoding="utf-8")


if __name__ == "__main__":
    main()
