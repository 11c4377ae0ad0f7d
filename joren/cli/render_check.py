"""What ``joren check`` found, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from joren.cli.layout import bullets, counts, pairs, section
from joren.data_check import DataCheck

__all__ = ["show_check"]


def show_check(found: DataCheck, console: Console) -> None:
    """Print what was read, what was refused, and what can be learned from the rest."""
    for title, body in _sections(found):
        section(console, title, body)
    console.print()


def _sections(found: DataCheck) -> Iterator[tuple[str, RenderableType]]:
    report = found.report
    yield (
        "Read",
        pairs(
            [
                (report.location, f"{report.read:,} rows, {report.first_day} to {report.last_day}"),
                ("accepted", f"{report.accepted:,}{_repeated(report.repeated)}"),
                ("refused", _refused(found)),
                ("zone", found.zone),
                ("currency", found.currency),
            ]
        ),
    )
    if found.refused:
        yield "The first that were refused", _refused_rows(found)
    yield "Columns", _columns(found)
    yield "Features to come", _features(found)
    if report.notes:
        yield "Worth knowing", bullets(report.notes)


def _repeated(repeated: int) -> str:
    return f"; {repeated:,} repeat another row, and are kept" if repeated else ""


def _refused(found: DataCheck) -> str:
    by_reason = found.report.refused_by_reason
    return f"{found.report.refused:,}" + (f": {counts(by_reason)}" if by_reason else "")


def _refused_rows(found: DataCheck) -> Table:
    return pairs(
        (f"row {row['source_row']:,}", f"{row['reason'].replace('_', ' ')} ({row['detail']})")
        for row in found.refused
    )


def _columns(found: DataCheck) -> RenderableType:
    absent = Text(f"not there: {', '.join(found.absent_columns)}", style="dim")
    return Group(pairs(found.report.columns.items()), *([absent] if found.absent_columns else []))


def _features(found: DataCheck) -> Table:
    families = dict.fromkeys(feature.family for feature in found.features)
    rows = [(family, f"{sum(feature.family == family for feature in found.features)}") for family in families]
    lacking = [
        (f"without {need}", f"{_names(feature.name for feature in features)} stay empty")
        for need, features in found.unavailable.items()
    ]
    return pairs([*rows, *lacking])


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
