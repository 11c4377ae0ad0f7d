"""A store as files, as it was at one moment, while others read and write; and back again, at once.

SQLite is copied by its own online backup; of Postgres, each table by COPY, all in one snapshot. Either goes
back into the kind of database that it came from.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, delete

from serving import tables
from serving.database import Database
from serving.errors import StoreError

__all__ = ["Snapshot", "put_back", "taken"]

FILE = "scores.db"
PIECE_BYTES = 2**20

Finish = Callable[[Connection], None]
"""What is to be done to a store that was put back, before anyone sees it."""


@dataclass(frozen=True)
class Snapshot:
    """What the files in a folder are: of which kind, at which step of the schema, with which columns.

    ``runs`` are the published ones with their models' versions, ``current`` is the one among them.
    """

    kind: str
    revision: str
    columns: dict[str, list[str]]
    runs: dict[str, str]
    current: str | None


def taken(database: Database, folder: Path) -> Snapshot:
    """Write the store as it is now into ``folder``; nobody has to wait meanwhile."""
    return (
        _file_of(database, folder)
        if database.readers.dialect.name == "sqlite"
        else _tables_of(database, folder)
    )


def _file_of(database: Database, folder: Path) -> Snapshot:
    with database.read() as connection, closing(sqlite3.connect(folder / FILE)) as copy:
        _sqlite_of(connection).backup(copy)
        return _told("sqlite", {}, lambda question: copy.execute(question).fetchall())


def _tables_of(database: Database, folder: Path) -> Snapshot:
    columns = {table.name: table.columns.keys() for table in tables.metadata.sorted_tables}
    with database.snapshot() as connection:
        cursor = connection.connection.cursor()
        for name, names in columns.items():
            file = folder / f"{name}.copy"
            with file.open("wb") as kept, cursor.copy(_copy(name, names, "TO STDOUT")) as rows:
                for piece in rows:
                    kept.write(piece)
        return _told("postgresql", columns, lambda question: connection.exec_driver_sql(question).fetchall())


def _told(kind: str, columns: dict[str, list[str]], ask: Callable[[str], Sequence[Any]]) -> Snapshot:
    runs = ask("SELECT run_id, model_version FROM runs WHERE published_at IS NOT NULL ORDER BY run_key DESC")
    current = ask("SELECT run_id FROM runs JOIN current_run ON current_run.run_key = runs.run_key")
    return Snapshot(
        kind=kind,
        revision=ask("SELECT version_num FROM alembic_version")[0][0],
        columns=columns,
        runs={run[0]: run[1] for run in runs},
        current=current[0][0] if current else None,
    )


def put_back(database: Database, folder: Path, snapshot: Snapshot, finish: Finish) -> None:
    """Replace all that the store holds; whoever reads sees the one or the other, whole.

    ``finish`` is done to what is put back before it is seen. Raises ``StoreError`` where the files are of
    another kind of database, or damaged.
    """
    kind = database.readers.dialect.name
    if kind != snapshot.kind:
        raise StoreError(
            f"The backup is of a store in {snapshot.kind}; this one is in {kind}.",
            mend="Restore it into a store of the same kind, and score again into another.",
        )
    if kind == "sqlite":
        _put_back_file(database, folder / FILE, finish)
    else:
        _put_back_tables(database, folder, snapshot, finish)


def _put_back_file(database: Database, file: Path, finish: Finish) -> None:
    with closing(sqlite3.connect(file)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
            raise StoreError("The store in the backup is damaged.", mend="Take an older backup.")
    staged = Database.open(
        f"sqlite:///{file}"
    )  # brought up to date, where the backup is older than this Joren
    try:
        with staged.write() as connection:
            finish(connection)
        with staged.read() as connection:
            connection.exec_driver_sql("VACUUM")
            with database.read() as live:
                _sqlite_of(connection).backup(_sqlite_of(live))
    finally:
        staged.close()


def _put_back_tables(database: Database, folder: Path, snapshot: Snapshot, finish: Finish) -> None:
    config = Config()
    config.set_main_option("script_location", "serving:migrations")
    with database.write() as connection:
        config.attributes["connection"] = connection
        _clear(connection, config, snapshot.revision)
        cursor = connection.connection.cursor()
        for name, names in snapshot.columns.items():
            file = folder / f"{name}.copy"
            with file.open("rb") as kept, cursor.copy(_copy(name, names, "FROM STDIN")) as rows:
                while piece := kept.read(PIECE_BYTES):
                    rows.write(piece)
        command.upgrade(config, "head")
        _count_on(connection)
        finish(connection)


def _clear(connection: Connection, config: Config, revision: str) -> None:
    """Leave empty tables of that step of the schema; at today's step no reader has to wait."""
    if revision == ScriptDirectory.from_config(config).get_current_head():
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
        return
    there = MetaData()
    there.reflect(connection)
    there.drop_all(connection)
    command.upgrade(config, revision)


def _count_on(connection: Connection) -> None:
    """Let the keys that Postgres gives out go on after those that were put back."""
    for table in tables.metadata.sorted_tables:
        for column in table.primary_key:
            if column.autoincrement is True:
                sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
                last = f"(SELECT max({column.name}) FROM {table.name})"
                connection.exec_driver_sql(f"SELECT setval({sequence}, {last})")


def _copy(table: str, columns: list[str], direction: str) -> str:
    return f"COPY {table} ({', '.join(columns)}) {direction}"


def _sqlite_of(connection: Connection) -> Any:  # noqa: ANN401 - sqlite3.Connection, through SQLAlchemy's pool
    return connection.connection.dbapi_connection
