"""The pointer to the current run: to move it is what publishing and rolling back mean."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from serving import tables
from serving.audit import Action, Entry, Who, note
from serving.database import Database
from serving.errors import RunNotFoundError

__all__ = ["hold_pointer", "move_pointer", "roll_back"]


def hold_pointer(connection: Connection) -> None:
    """Let no one else move the pointer, or erase, until this transaction ends; readers are let by."""
    if connection.dialect.name == "postgresql":  # SQLite's writers wait for each other anyway
        connection.exec_driver_sql(f"LOCK TABLE {tables.current_run.name} IN EXCLUSIVE MODE")


def move_pointer(connection: Connection, run_key: int) -> None:
    """Make a run the current one, in a transaction that holds the pointer."""
    connection.execute(delete(tables.current_run))
    connection.execute(insert(tables.current_run).values(slot=1, run_key=run_key))


def roll_back(database: Database, who: Who, run_id: str | None = None) -> Entry:
    """Make an earlier run the current one: the one named, or else the last before the current one.

    It is one transaction: who reads meanwhile sees the one run or the other, whole. The entry's subject is
    the run that is current from now on, its detail names the one that was. Raises ``RunNotFoundError``.
    """
    runs, pointer = tables.runs, tables.current_run
    with database.write() as connection:
        hold_pointer(connection)
        current = connection.execute(select(runs).join(pointer)).one_or_none()
        if current is None:
            raise RunNotFoundError("No run has been published yet.", mend="Publish one: joren run")
        kept = select(runs).where(runs.c.published_at.is_not(None), runs.c.run_key != current.run_key)
        if run_id is None:
            kept = kept.where(runs.c.run_key < current.run_key)
        else:
            kept = kept.where(runs.c.run_id == run_id)
        target = connection.execute(kept.order_by(runs.c.run_key.desc()).limit(1)).one_or_none()
        if target is None:
            raise RunNotFoundError(
                "There is no other run of that name to go back to."
                if run_id
                else "No run before the current one is kept.",
                mend="See what is kept: joren runs list",
            )
        move_pointer(connection, target.run_key)
        return note(connection, Action.ROLLBACK, target.run_id, who, {"from": current.run_id})
