"""A whole run, or what differs between two of them, a piece at a time and never all of it in memory.

A published run's rows do not change, so each piece is a statement of its own, and nobody who reads slowly
holds the store up. Where the run is pruned meanwhile the export breaks off; it never ends as if it were
whole. (A customer who is erased meanwhile is missing from what was not sent yet, and is meant to be.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from serving import tables
from serving.errors import RunNotFoundError
from serving.rows import STORED_COLUMNS, ScoreRow, score_of
from serving.store import Run, Store

__all__ = ["Difference", "DifferenceKind", "Export", "differences", "export_of", "run_named", "whole_run"]

CHUNK_ROWS = 1_000
NOT_COMPARED = frozenset({"run_id", "as_of", "model_version"})
COMPARED = tuple(name for name in STORED_COLUMNS if name not in NOT_COMPARED)


class DifferenceKind(StrEnum):
    """What became of a customer from one run to another."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class Difference:
    """A customer whom two runs do not tell the same of; ``score`` is the newer one, None if removed."""

    kind: DifferenceKind
    customer_id: str
    score: ScoreRow | None


@dataclass(frozen=True)
class Export:
    """A run, row by row; ``since``: the rows are what differs from that one."""

    run: Run
    since: Run | None
    rows: Iterator[ScoreRow] | Iterator[Difference]


def export_of(store: Store, run: Run, since_run_id: str | None) -> Export:
    """Return a run whole, or what it tells otherwise than another; raises ``RunNotFoundError``."""
    if since_run_id is None:
        return Export(run, None, whole_run(store, run))
    since = run_named(store, since_run_id)
    return Export(run, since, differences(store, since, run))


def run_named(store: Store, run_id: str) -> Run:
    """Return a run that is kept; raises ``RunNotFoundError``."""
    run = store.run(run_id)
    if run is None:
        raise RunNotFoundError("No run of this name is kept.", mend="See those that are: /v1/runs")
    return run


def whole_run(store: Store, run: Run) -> Iterator[ScoreRow]:
    """Yield every score of a run, by the bytes of their ids; raises ``RunNotFoundError`` if it is pruned."""
    runs, scores = tables.runs, tables.scores
    columns = [scores.c[name] for name in STORED_COLUMNS]
    page = (
        select(*columns, runs.c.run_id)
        .join(runs, runs.c.run_key == scores.c.run_key)
        .where(runs.c.run_id == run.run_id, runs.c.published_at.is_not(None))
        .order_by(scores.c.customer_id)
        .limit(CHUNK_ROWS)
    )
    after = ""
    while True:
        with store.database.read() as connection:
            rows = connection.execute(page.where(scores.c.customer_id > after)).mappings().all()
        yield from map(score_of, rows)
        if len(rows) < CHUNK_ROWS:
            break
        after = rows[-1]["customer_id"]
    if store.run(run.run_id) is None:
        raise RunNotFoundError("The run was pruned while it was handed out.", mend="Ask for the current one.")


def differences(store: Store, base: Run, run: Run) -> Iterator[Difference]:
    """Yield what ``run`` tells otherwise than ``base``, by the bytes of the ids.

    A score has changed where any of its fields but run_id, as_of and model_version is another.
    """
    older, newer = whole_run(store, base), whole_run(store, run)
    before, after = next(older, None), next(newer, None)
    while before is not None or after is not None:
        if before is not None and (after is None or _place(before) < _place(after)):
            yield Difference(DifferenceKind.REMOVED, before["customer_id"], None)
            before = next(older, None)
        elif after is not None and (before is None or _place(after) < _place(before)):
            yield Difference(DifferenceKind.ADDED, after["customer_id"], after)
            after = next(newer, None)
        elif before is not None and after is not None:
            if any(before[name] != after[name] for name in COMPARED):
                yield Difference(DifferenceKind.CHANGED, after["customer_id"], after)
            before, after = next(older, None), next(newer, None)


def _place(score: ScoreRow) -> bytes:
    return str(score["customer_id"]).encode()
