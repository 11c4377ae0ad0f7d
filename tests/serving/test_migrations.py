"""A store of the first release, with a run in it, is brought up to date and answers as before."""

from __future__ import annotations

from contextlib import closing

from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine

from serving.store import Store
from tests.serving.frames import run_info, shop

OF_THE_FIRST = ("runs", "current_run", "scores", "behaviour", "api_keys", "secrets")


def upgrade(url: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", "serving:migrations")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_store_of_the_first_release_keeps_its_run(store: Store, store_url: str) -> None:
    """The rows of a published run are put, as they are, into the tables of 0001."""
    store.publish(*shop(), run=run_info())
    key = store.secret("cursors")
    with store.database.read() as connection:
        rows = {
            name: connection.exec_driver_sql(f"SELECT * FROM {name}").mappings().all()
            for name in OF_THE_FIRST
        }
    with store.database.write() as connection:
        everything = MetaData()
        everything.reflect(connection)
        everything.drop_all(connection)
    upgrade(store_url, "0001")
    first = MetaData()
    with store.database.write() as connection:
        first.reflect(connection)
        mark = "?" if store.is_local else "%s"
        for name in OF_THE_FIRST:
            known = first.tables[name].columns.keys()
            for row in rows[name]:
                kept = {column: row[column] for column in row if column in known}
                marks = ", ".join([mark] * len(kept))
                connection.exec_driver_sql(
                    f"INSERT INTO {name} ({', '.join(kept)}) VALUES ({marks})", tuple(kept.values())
                )
        if not store.is_local:
            connection.exec_driver_sql("SELECT setval('runs_run_key_seq', 1)")
    store.close()
    with closing(Store.open(store_url)) as again:
        assert len(again.lookup(shop()[0]["customer_id"].tolist())) == 40
        assert again.secret("cursors") == key
        again.publish(*shop(run_id="run-2"), run=run_info("run-2"))
        assert [run.run_id for run in again.runs()] == ["run-2", "run-1"]
