"""A report as headings, paragraphs, lists and tables, and the same words as Markdown and as an HTML page.

Whatever comes from data (a channel's name, a column's) is text in both, never markup; signs that would turn
the direction of writing, or are no signs at all, are shown as �. The page loads nothing from anywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Block", "Heading", "Items", "Paragraph", "Table", "to_html", "to_markdown"]

MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|!~&$])")
FIRST_SIGN = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)")  # what makes a line a list or a rule
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
NOTHING_LOADED = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
STYLE = """
:root { color-scheme: light dark; --ink: #22313f; --muted: #5d6872; --line: #d5dade;
  --page: #fff; --mark: #fdeeee; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e9ed; --muted: #a3adb6; --line: #3b454e; --page: #14191d; --mark: #46232a; } }
body { font: 16px/1.55 system-ui, "Noto Sans JP", "Hiragino Sans", "Yu Gothic", sans-serif; color: var(--ink);
  background: var(--page); max-width: 62rem; margin: 2.5rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th { text-align: left; color: var(--muted); font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.marked td { background: var(--mark); font-weight: 600; }
"""


@dataclass(frozen=True)
class Heading:
    """A title; ``level`` 1 is the page's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    texts: Sequence[str]


@dataclass(frozen=True)
class Table:
    """``rows`` of texts under ``columns``; the first ``words`` columns are words, the others figures.

    ``marked``: the places of the rows that are to be seen first.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    marked: frozenset[int] = frozenset()


Block = Heading | Paragraph | Items | Table


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return the report as Markdown (GitHub's, for the tables)."""
    return "\n\n".join("\n".join(_markdown(block)) for block in blocks) + "\n"


def to_html(blocks: Sequence[Block], language: str) -> str:
    """Return the report as one page; its title is that of the first heading."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Joren")
    body = "\n".join(line for block in blocks for line in _html(block))
    return (
        f'<!doctype html>\n<html lang="{_tag(language)}">\n<head>\n<meta charset="utf-8">\n{NOTHING_LOADED}\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _markdown(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {_plain(text)}"
        case Paragraph(text):
            yield _plain(text)
        case Items(texts):
            yield from (f"- {_plain(text)}" for text in texts)
        case Table(columns, rows, words, marked):
            yield f"| {' | '.join(map(_plain, columns))} |"
            yield f"|{'|'.join([' --- '] * words + [' ---: '] * (len(columns) - words))}|"
            for place, row in enumerate(rows):
                cells = [_plain(cell) for cell in row]
                if place in marked:
                    cells[0] = f"**{cells[0]}**"
                yield f"| {' | '.join(cells)} |"


def _html(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"<h{level}>{_text(text)}</h{level}>"
        case Paragraph(text):
            yield f"<p>{_text(text)}</p>"
        case Items(texts):
            yield "<ul>"
            yield from (f"<li>{_text(text)}</li>" for text in texts)
            yield "</ul>"
        case Table(columns, rows, words, marked):
            yield '<div class="wide"><table>'
            yield f"<thead><tr>{_cells('th', columns, words)}</tr></thead>\n<tbody>"
            for place, row in enumerate(rows):
                kind = ' class="marked"' if place in marked else ""
                yield f"<tr{kind}>{_cells('td', row, words)}</tr>"
            yield "</tbody></table></div>"


def _cells(tag: str, texts: Sequence[str], words: int) -> str:
    figure = ' class="number"'
    return "".join(
        f"<{tag}{figure if place >= words else ''}>{_text(text)}</{tag}>" for place, text in enumerate(texts)
    )


def _seen(text: str) -> str:
    """Return one line, in which every sign can be seen."""
    line = " ".join(text.split())
    return "".join("�" if unicodedata.category(sign) in UNSEEN else sign for sign in line)


def _plain(text: str) -> str:
    escaped = MARKDOWN.sub(r"\\\1", _seen(text))
    return FIRST_SIGN.sub(r"\1\\\2", escaped)


def _text(text: str) -> str:
    return escape(_seen(text), quote=True)


def _tag(language: str) -> str:
    return re.sub("[^A-Za-z-]", "", language)
