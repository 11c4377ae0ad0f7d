"""The report of a backtest, in Markdown: for whoever has to decide whether to trust the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from features.segments import SEGMENTS
from training.backtest_words import (
    CHURN,
    COMPARED,
    MOMENT_HEADS,
    NAMES,
    SEGMENT_HEADS,
    VALUE,
    WORDS,
    Language,
    asked,
    difference,
    learned_by,
    measure,
    method,
    moment_cells,
    segment_cells,
    worth_knowing,
)
from training.backtested import Backtest
from training.grade import BETTER, RULE, RULE_JA

__all__ = ["markdown"]


def markdown(backtest: Backtest, source: str, pictures: Sequence[str], language: Language = "en") -> str:
    """Return the report; ``pictures`` are the names of files that lie beside it."""
    return "\n\n".join(_blocks(backtest, source, pictures, language)) + "\n"


def _blocks(backtest: Backtest, source: str, pictures: Sequence[str], language: Language) -> Iterator[str]:
    words = WORDS[language]
    grade, rules = backtest.grade, RULE if language == "en" else RULE_JA
    yield f"# {words['title']}: {source}"
    yield asked(backtest, language)
    yield f"## {words['grade']} {grade.letter}\n\n{rules[grade.letter]}"
    short_of = grade.short_of if language == "en" else grade.short_of_ja
    if short_of:
        yield _list([words["short_of"].format(letter=BETTER[grade.letter]), ""], short_of)
    if told := worth_knowing(backtest, language):
        yield _list([f"## {words['worth_knowing']}\n"], told)
    for title, names in (("churn", CHURN), ("value", VALUE)):
        rows = [
            [model, *(measure(name, measured.get(name)) for name in names)]
            for model, measured in backtest.mean.items()
            if any(name in measured for name in names)
        ]
        yield f"## {words[title]}\n\n{_table([words['model'], *(NAMES[name] for name in names)], rows)}"
    rows = [
        [peer, *(difference(told.get(name)) for name in COMPARED)]
        for peer, told in backtest.differences.items()
    ]
    yield f"## {words['against']}\n\n{_table([words['peer'], *(NAMES[name] for name in COMPARED)], rows)}"
    yield f"## {words['moments']}\n\n{_moments(backtest, language)}"
    segments = {label.name: label.name if language == "en" else label.name_ja for label in SEGMENTS}
    rows = [
        [segments[name], *segment_cells(measured).values()] for name, measured in backtest.segments.items()
    ]
    yield f"## {words['segments']}\n\n{_table([words['segment'], *(words[h] for h in SEGMENT_HEADS)], rows)}"
    yield "\n\n".join(f"![]({name})" for name in pictures)
    yield _list([f"## {words['how']}\n"], method(backtest, language))
    yield _list([f"## {words['rule']}\n"], [f"**{letter}**: {rule}" for letter, rule in rules.items()])


def _moments(backtest: Backtest, language: Language) -> str:
    words = WORDS[language]
    rows = [
        [
            f"{one.moment} ({words['worst']})" if one is backtest.worst else str(one.moment),
            *moment_cells(one).values(),
            learned_by(one, language),
        ]
        for one in backtest.moments
    ]
    return _table([words["moment"], *(words[head] for head in MOMENT_HEADS), words["method"]], rows)


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [" | ".join(cells) for cells in (heads, *rows)]
    width = lines[0].count("|")
    lines.insert(1, "|".join(["---", *["---:"] * width]))
    return "\n".join(f"| {line} |" for line in lines)


def _list(above: Iterable[str], items: Iterable[str]) -> str:
    return "\n".join([*above, *(f"- {item}" for item in items)])
