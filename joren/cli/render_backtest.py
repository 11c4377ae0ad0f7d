"""A backtest on the terminal: the grade first, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from features.segments import SEGMENTS
from joren.cli.layout import bullets, pairs, plain_table, section
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
    measure,
    method,
    moment_cells,
    segment_cells,
    worth_knowing,
)
from training.backtested import Backtest
from training.evaluate import OURS
from training.grade import BETTER, RULE, RULE_JA
from training.metrics import METRICS
from training.peers import BASE_RATE

__all__ = ["show_backtest"]

WIDE = 100
ONLY_WIDE = {"pr_auc", "lift_5", "lift_20", "spearman", "decile_error", "bias_orders"}  # in the report anyway
ONLY_WIDE_HEADS = {"customers", "gini", "bias"}
ARROWS = {"higher": "↑", "lower": "↓", "zero": ""}


def show_backtest(
    found: Backtest,
    source: str,
    notes: Sequence[str],
    files: Mapping[str, str],
    language: Language,
    console: Console,
) -> None:
    """Print it, made for 80 columns, with more on 100; ``notes`` are on the data, ``files`` the report."""
    console.print()
    console.print(Text.assemble((source, "bold"), f"  {asked(found, language)}"))
    for title, body in _sections(found, notes, files, language, wide=console.width >= WIDE):
        section(console, title, body)
    console.print()


def _sections(
    found: Backtest, notes: Sequence[str], files: Mapping[str, str], language: Language, *, wide: bool
) -> Iterator[tuple[str, RenderableType]]:
    words = WORDS[language]
    yield f"{words['grade']} {found.grade.letter}", _grade(found, language)
    for title, names in (("churn", CHURN), ("value", VALUE)):
        yield words[title], _means(found, [name for name in names if wide or name not in ONLY_WIDE])
    yield words["against"], _differences(found)
    yield words["moments"], _moments(found, words, wide=wide)
    if found.segments:
        yield words["segments"], _segments(found, words, language)
    told = [*worth_knowing(found, language), *(f"{note[0].upper()}{note[1:]}." for note in notes)]
    if told:
        yield words["worth_knowing"], bullets(told)
    yield words["how"], bullets(method(found, language))
    if files:
        yield words["files"], pairs(files.items())


def _grade(found: Backtest, language: Language) -> RenderableType:
    grade, words = found.grade, WORDS[language]
    rule = (RULE if language == "en" else RULE_JA)[grade.letter]
    short_of = grade.short_of if language == "en" else grade.short_of_ja
    parts: list[RenderableType] = [Text(rule)]
    if short_of:
        parts += [Text(words["short_of"].format(letter=BETTER[grade.letter]), style="dim"), bullets(short_of)]
    return Group(*parts)


def _means(found: Backtest, names: Sequence[str]) -> Table:
    """Return the models against each other, the best of each measure in colour, hindsight's rate aside."""
    able = {
        model: measured for model, measured in found.mean.items() if any(name in measured for name in names)
    }
    rivals = {model: measured for model, measured in able.items() if model != BASE_RATE}
    table = plain_table()
    table.add_column("", no_wrap=True)
    for name in names:
        table.add_column(f"{NAMES[name]}{ARROWS[METRICS[name].better]}", justify="right")
    for model, measured in able.items():
        cells = []
        for name in names:
            best = model in rivals and measured.get(name) == _best(rivals, name)
            cells.append(Text(measure(name, measured.get(name)), style="bold green" if best else ""))
        style = "bold" if model == OURS else "dim" if model == BASE_RATE else ""
        table.add_row(Text(model, style=style), *cells)
    return table


def _best(models: Mapping[str, Mapping[str, float]], name: str) -> float | None:
    values = [measured[name] for measured in models.values() if name in measured]
    if not values:
        return None
    match METRICS[name].better:
        case "higher":
            return max(values)
        case "lower":
            return min(values)
        case "zero":
            return min(values, key=abs)


def _differences(found: Backtest) -> Table:
    table = plain_table()
    table.add_column("", no_wrap=True)
    for name in COMPARED:
        table.add_column(f"{NAMES[name]}{ARROWS[METRICS[name].better]}", justify="right")
    for peer, told in found.differences.items():
        table.add_row(peer, *(difference(told.get(name)) for name in COMPARED))
    return table


def _moments(found: Backtest, words: Mapping[str, str], *, wide: bool) -> Table:
    heads = [head for head in MOMENT_HEADS if wide or head not in ONLY_WIDE_HEADS]
    table = _headed(words["moment"], [words[head] for head in heads])
    for one in found.moments:
        worst = one is found.worst and len(found.moments) > 1
        name = f"{one.moment} {words['worst']}" if worst else str(one.moment)
        cells = moment_cells(one)
        table.add_row(Text(name, style="yellow" if worst else ""), *(cells[head] for head in heads))
    return table


def _segments(found: Backtest, words: Mapping[str, str], language: Language) -> Table:
    names = {label.name: label.name if language == "en" else label.name_ja for label in SEGMENTS}
    table = _headed(words["segment"], [words[head] for head in SEGMENT_HEADS])
    for name, measured in found.segments.items():
        table.add_row(names[name], *segment_cells(measured).values())
    return table


def _headed(first: str, others: Sequence[str]) -> Table:
    table = plain_table()
    table.add_column(first, no_wrap=True)
    for head in others:
        table.add_column(head, justify="right")
    return table
