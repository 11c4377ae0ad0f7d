"""Which of the files that a business has is which table of the contract: looked up, never asked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from features.contract import CONTRACT, SCALES
from features.opening import Opened, open_file
from joren.usual_names import USUAL_NAMES, guess_columns, plain

__all__ = ["Found", "recognise", "seen_as"]

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
class Found:
    """A file taken for a table: its columns by the contract's names, what it leaves unsaid, its header."""

    path: Path
    columns: Mapping[str, str]
    header: tuple[str, ...]
    constants: Mapping[str, str] = field(default_factory=dict)

    def missing(self, table: str) -> list[str]:
        """Return the required columns of ``table`` that were not recognised."""
        said = {*self.columns, *self.constants}
        return [name for name in CONTRACT[table].required if name not in said]


def recognise(paths: Iterable[Path]) -> dict[str, Found]:
    """Return, by table, the file that looks most like it; no file is taken twice.

    A file is taken for a table whose required columns it has, by the columns that only this table has and by
    its own name. Raises ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    opened = {path: _open(path) for path in paths}
    likeness = {
        (table, path): _likeness(table, path, file.names)
        for path, file in opened.items()
        for table in CONTRACT
    }
    found: dict[str, Found] = {}
    for (table, path), weight in sorted(likeness.items(), key=lambda each: -each[1]):
        if weight and table not in found and path not in {one.path for one in found.values()}:
            found[table] = _found(table, path, opened[path])
    return {table: found[table] for table in CONTRACT if table in found}


def seen_as(table: str, path: Path) -> Found:
    """Return ``path`` taken for ``table``, whatever it looks like; raises as `recognise` does."""
    return _found(table, path, _open(path))


def _open(path: Path) -> Opened:
    return open_file(path, _USES.keys())


def _likeness(table: str, path: Path, header: Sequence[str]) -> int:
    """Return how much speaks for the file being ``table``: 0 where a required column is not there."""
    columns = guess_columns(header, table)
    if not columns.keys() | {"kind"} >= set(CONTRACT[table].required):
        return 0
    telling = sum(_USES[plain(user)] == 1 for column, user in columns.items() if column != "customer_id")
    return telling + A_NAME_WEIGHS * _is_named_for(table, path)


def _is_named_for(table: str, path: Path) -> bool:
    words = re.findall(r"[a-z]+|[^\W\d_a-z]+", path.stem.casefold())
    return any(
        word.startswith(hint) if hint.isascii() else hint in word
        for word in words
        for hint in _NAMED[table].split()
    )


def _found(table: str, path: Path, opened: Opened) -> Found:
    header = tuple(opened.names)
    columns = guess_columns(header, table)
    constants = {}
    if table == "surveys" and "kind" not in columns and "score" in columns:
        kind = _kind_of(path, columns["score"], opened)
        constants = {"kind": kind} if kind else {}
    return Found(path, columns, header, constants)


def _kind_of(path: Path, column: str, opened: Opened) -> str:
    """Return the kind of survey that a file is of: by its names, or else by the scores; "" where in doubt."""
    words = re.findall("[a-z]+", f"{column} {path.stem}".casefold())
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
