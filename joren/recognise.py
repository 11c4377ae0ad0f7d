"""Which of the files that a business has is which table of the contract: looked up, never asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from features.contract import CONTRACT, SCALES
from features.duckdb_source import is_duckdb, tables_within
from features.labelled import DATED
from features.names import plain
from features.opening import WITHIN, Opened, open_file
from joren.usual_names import USUAL_NAMES, guess_columns, guess_labels

__all__ = ["Found", "Place", "places_in", "recognise", "seen_as"]

_NAMED = {
    "transactions": "transaction order sale purchase invoice receipt 売上 購入 購買 注文 取引",
    "customers": "customer client member contact user 顧客 会員",
    "interactions": "interaction ticket support case inquir call 問合 問い合わせ サポート",
    "surveys": "survey review nps csat ces feedback rating アンケート 調査 評価 レビュー",
    "loyalty": "loyalty point tier reward ポイント ランク",
    "subscriptions": "subscription contract plan 契約 サブスク 定期",
    "treatments": "treatment campaign offer mailing 施策 キャンペーン 配信",
}
A_NAME_WEIGHS = 3  # as much as so many columns that only one table has
_KNOWN_NAMES = {
    table: {name for names in columns.values() for name in names} for table, columns in USUAL_NAMES.items()
}
_USES = Counter(name for names in _KNOWN_NAMES.values() for name in names)


@dataclass(frozen=True)
class Place:
    """A file, or one table of a DuckDB file."""

    path: Path
    table: str = ""

    def __str__(self) -> str:
        return f"{self.path}{WITHIN}{self.table}" if self.table else str(self.path)


@dataclass(frozen=True)
class Found:
    """A place taken for a table: its columns by the contract's names, what it leaves unsaid, its header.

    ``labels``: of subscriptions without dates, the columns that tell the tenure and who left.
    """

    place: Place
    columns: Mapping[str, str]
    header: tuple[str, ...]
    constants: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def missing(self, table: str) -> list[str]:
        """Return the required columns of ``table`` that were not recognised."""
        said = {*self.columns, *self.constants, *(DATED if self.labels else ())}
        return [name for name in CONTRACT[table].required if name not in said]


def places_in(paths: Iterable[Path]) -> list[Place]:
    """Return the files, and in their stead the tables of those that are DuckDB's; each once.

    Raises ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    places: list[Place] = []
    for path in paths:
        within = tables_within(path) if path.is_file() and is_duckdb(path) else [""]
        places += [Place(path, table) for table in within]
    return list(dict.fromkeys(places))


def recognise(places: Iterable[Place]) -> dict[str, Found]:
    """Return, by table, the place that looks most like it; none is taken twice.

    A place is taken for a table whose required columns it has, by the columns that only this table has and by
    its own name. The first with a label and a tenure instead of dates holds the subscriptions and the
    customers. Raises ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    opened = {place: _open(place) for place in places}
    found = next(filter(None, (_without_dates(*one) for one in opened.items())), {})
    likeness = {
        (table, place): _likeness(table, place, source.names)
        for place, source in opened.items()
        for table in CONTRACT
    }
    for (table, place), weight in sorted(likeness.items(), key=lambda each: -each[1]):
        if weight and table not in found and place not in {one.place for one in found.values()}:
            found[table] = _found(table, place, opened[place])
    return {table: found[table] for table in CONTRACT if table in found}


def seen_as(table: str, place: Place) -> Found:
    """Return ``place`` taken for ``table``, whatever it looks like; raises as `recognise` does."""
    return _found(table, place, _open(place))


def _open(place: Place) -> Opened:
    return open_file(place.path, _USES.keys(), table=place.table)


def _likeness(table: str, place: Place, header: Sequence[str]) -> int:
    """Return how much speaks for the place being ``table``: 0 where a required column is not there."""
    columns = guess_columns(header, table)
    if not columns.keys() | {"kind"} >= set(CONTRACT[table].required):
        return 0
    telling = sum(_USES[plain(user)] == 1 for column, user in columns.items() if column != "customer_id")
    return telling + A_NAME_WEIGHS * _is_named_for(table, place)


def _is_named_for(table: str, place: Place) -> bool:
    words = re.findall(r"[a-z]+|[^\W\d_a-z]+", (place.table or place.path.stem).casefold())
    return any(
        word.startswith(hint) if hint.isascii() else hint in word
        for word in words
        for hint in _NAMED[table].split()
    )


def _found(table: str, place: Place, opened: Opened) -> Found:
    header = tuple(opened.names)
    columns = guess_columns(header, table)
    constants = {}
    if table == "surveys" and "kind" not in columns and "score" in columns:
        kind = _kind_of(place, columns["score"], opened)
        constants = {"kind": kind} if kind else {}
    return Found(place, columns, header, constants)


def _without_dates(place: Place, opened: Opened) -> dict[str, Found]:
    """Return the place as subscriptions without dates, and as customers; nothing where it has no label."""
    header = tuple(opened.names)
    columns, labels = guess_columns(header, "subscriptions"), guess_labels(header)
    if not labels or "customer_id" not in columns or "started_at" in columns:
        return {}
    kept = {name: user for name, user in columns.items() if name in {"customer_id", "plan", "monthly_amount"}}
    return {
        "subscriptions": Found(place, kept, header, labels=labels),
        "customers": _found("customers", place, opened),
    }


def _kind_of(place: Place, column: str, opened: Opened) -> str:
    """Return the kind of survey that a file is of: by its names, or else by the scores; "" where in doubt."""
    words = re.findall("[a-z]+", f"{column} {place.table or place.path.stem}".casefold())
    if named := next((kind for kind in SCALES if any(word.startswith(kind) for word in words)), ""):
        return named
    scores = []
    for batch in opened.batches([opened.names.index(column)]):
        for score in batch.column(1).unique().to_pylist():
            with suppress(TypeError, ValueError):
                scores.append(float(score))
    narrowest_first = sorted(SCALES, key=lambda kind: SCALES[kind][1])
    return next((kind for kind in narrowest_first if scores and _holds(SCALES[kind], scores)), "")


def _holds(scale: tuple[int, int], scores: Sequence[float]) -> bool:
    return scale[0] <= min(scores) <= max(scores) <= scale[1]
