"""What ``joren check`` found, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from joren.cli.layout import bullets, counts, pairs, section
from joren.data_check import DataCheck, TableCheck

__all__ = ["show_check"]


def show_check(found: DataCheck, console: Console) -> None:
    """Print what was read, what was refused, and what can be learned from the rest."""
    for title, body in _sections(found):
        section(console, title, body)
    console.print()


def _sections(found: DataCheck) -> Iterator[tuple[str, RenderableType]]:
    for name, table in found.tables.items():
        yield name, _table(table)
    yield "Features to come", _features(found)
    notes = [
        note if name == "transactions" else f"{name}: {note}"
        for name, table in found.tables.items()
        for note in table.report.notes
    ]
    yield "Worth knowing", bullets([f"zone {found.zone}, currency {found.currency}", *notes])


def _table(table: TableCheck) -> RenderableType:
    report = table.report
    period = f", {report.first_day} to {report.last_day}" if report.first_day else ""
    counted = [
        ("accepted", f"{report.accepted:,}{_repeated(report.repeated)}"),
        ("refused", _refused(table)),
        *_refused_rows(table),
    ]
    renamed = [(name, user) for name, user in report.columns.items() if name != user]
    parts: list[RenderableType] = [
        Text(f"{report.location}: {report.read:,} rows{period}"),
        pairs([*counted, *renamed]),
    ]
    if own := [name for name, user in report.columns.items() if name == user]:
        parts.append(Text(f"under their own names: {_names(own)}", style="dim"))
    if table.absent_columns:
        parts.append(Text(f"not there: {_names(table.absent_columns)}", style="dim"))
    if report.attributes:
        parts.append(Text(f"kept as attributes: {_names(report.attributes.values())}", style="dim"))
    return Group(*parts)


def _repeated(repeated: int) -> str:
    return f"; {repeated:,} repeat another row, and are kept" if repeated else ""


def _refused(table: TableCheck) -> str:
    by_reason = table.report.refused_by_reason
    return f"{table.report.refused:,}" + (f": {counts(by_reason)}" if by_reason else "")


def _refused_rows(table: TableCheck) -> Iterator[tuple[str, str]]:
    for row in table.refused:
        yield f"row {row['source_row']:,}", f"{row['reason'].replace('_', ' ')} ({row['detail']})"


def _features(found: DataCheck) -> Table:
    rows = [(family, f"{features:,}") for family, features in found.families.items()]
    lacking = [
        (f"without {need}", f"{_names(feature.name for feature in features)} stay empty")
        for need, features in found.unavailable.items()
    ]
    return pairs([*rows, *lacking])


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)
