"""The connections behind the store: SQLite by default, Postgres by URL.

Readers run in autocommit, one statement a question, so that each answer comes from one snapshot. Writers take
SQLite's write lock when they begin, so that two of them wait for each other instead of failing half-way.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import ConnectionPoolEntry

from serving.errors import StoreError, StoreUnavailableError

__all__ = ["Database"]

BUSY_TIMEOUT_SECONDS = 10
POOLED = 10
MIGRATION_LOCK = 0x6A6F72656E  # "joren": Postgres advisory lock, held while the schema is brought up to date


@dataclass(frozen=True)
class Database:
    """One engine to read with and one to write with, on the same database."""

    readers: Engine
    writers: Engine

    @classmethod
    def open(cls, url: str) -> Database:
        """Connect, and bring the schema up to date.

        Raises ``StoreError`` where the URL is none of ours, ``StoreUnavailableError`` where nothing answers
        there.
        """
        where = _parsed(url)
        database = cls(*(_sqlite(where) if where.get_backend_name() == "sqlite" else _postgres(where)))
        try:
            database.migrate()
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Give every connection back."""
        self.readers.dispose()
        self.writers.dispose()

    def migrate(self) -> None:
        """Run the migrations that are missing; two processes that start together wait for each other."""
        config = Config()
        config.set_main_option("script_location", "serving:migrations")
        known = ScriptDirectory.from_config(config)
        with self.read() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
        if revision == known.get_current_head():
            return
        if revision is not None and revision not in {step.revision for step in known.walk_revisions()}:
            raise StoreError(
                f"The score store was made by a newer Joren (its schema is at step {revision}).",
                mend="Use that Joren, or another store.",
            )
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection for single statements; nothing is begun, nothing needs an end."""
        with _speaking_plainly(), self.readers.connect() as connection:
            yield connection

    @contextmanager
    def cursor(self) -> Iterator[DBAPICursor]:
        """Yield a cursor of the driver's own to read with, where SQLAlchemy would take longer than it."""
        driver_error = self.readers.dialect.loaded_dbapi.Error
        with _speaking_plainly():
            try:
                with closing(self.readers.raw_connection()) as connection:
                    yield connection.cursor()
            except driver_error as error:
                raise DBAPIError.instance(None, None, error, driver_error, hide_parameters=True) from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Yield a connection to Postgres in which every statement sees the same moment."""
        whole = self.writers.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with _speaking_plainly(), whole.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction: committed at the end, rolled back on an error."""
        with _speaking_plainly(), self.writers.begin() as connection:
            yield connection


def _sqlite(where: URL) -> tuple[Engine, Engine]:
    if where.database in {None, "", ":memory:"}:
        raise StoreError(
            "A store in memory would be gone with the process.", mend="Write sqlite:///scores.db."
        )
    Path(str(where.database)).parent.mkdir(parents=True, exist_ok=True)
    waiting = {"timeout": BUSY_TIMEOUT_SECONDS}
    readers = create_engine(where, hide_parameters=True, connect_args=waiting, pool_size=POOLED)
    writers = create_engine(where, hide_parameters=True, connect_args=waiting, poolclass=NullPool)
    for engine in (readers, writers):
        event.listen(engine, "connect", _prepare_sqlite)
    event.listen(writers, "begin", _begin_immediate)
    return readers, writers


def _postgres(where: URL) -> tuple[Engine, Engine]:
    readers = create_engine(
        where, hide_parameters=True, isolation_level="AUTOCOMMIT", pool_pre_ping=True, pool_size=POOLED
    )
    return readers, create_engine(where, hide_parameters=True, poolclass=NullPool)


def _parsed(url: str) -> URL:
    try:
        where = make_url(url)
        where.get_dialect()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            "The store's URL is none that can be opened.",
            mend="Write sqlite:///scores.db, or postgresql+psycopg://user:password@host/database.",
        ) from error
    if where.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StoreError(
            f"Joren keeps scores in SQLite or Postgres, not in {where.get_backend_name()}.",
            mend="Write sqlite:///scores.db, or postgresql+psycopg://user:password@host/database.",
        )
    return where


@contextmanager
def _speaking_plainly() -> Iterator[None]:
    """Turn a lost or locked database into one of Joren's errors, which tells nothing of the rows."""
    try:
        yield
    except (DatabaseError, PoolTimeoutError) as error:
        if not isinstance(error, OperationalError | PoolTimeoutError) and type(error) is not DatabaseError:
            raise
        if _is_full(error):
            raise StoreUnavailableError(
                "The disk of the score store is full.", mend="Make room; the scores that stood still stand."
            ) from error
        raise StoreUnavailableError(
            "The score store does not answer.",
            mend="See that its file or server is there, and not locked or full.",
        ) from error


def _is_full(error: Exception) -> bool:
    told = getattr(error, "orig", None)
    full = "SQLITE_FULL", "53100"  # the latter is Postgres's disk_full
    return getattr(told, "sqlite_errorname", None) in full or getattr(told, "sqlstate", None) in full


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
