"""What a restored store must not forget: who was erased, which keys were revoked, what was noted since.

And what it must forget: who was signed in to the pages back then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from serving import tables
from serving.audit import Action, Who, note
from serving.database import Database
from serving.errors import StoreError
from serving.tombstones import SECRET, Cemetery, remove_from_run

__all__ = ["Memory"]


@dataclass(frozen=True)
class Memory:
    """What a store knows before another is put in its place."""

    cemetery: Cemetery
    erased: dict[str, datetime]
    revoked: dict[str, datetime]
    noted: list[RowMapping]

    @classmethod
    def of(cls, database: Database) -> Memory:
        """Look at the store that is about to be replaced."""
        stones, keys, log = tables.tombstones.c, tables.api_keys.c, tables.audit_log
        with database.read() as connection:
            erased = connection.execute(select(stones.pseudonym, stones.erased_at)).all()
            revoked = connection.execute(
                select(keys.prefix, keys.revoked_at).where(keys.revoked_at.is_not(None))
            ).all()
            noted = connection.execute(select(log).order_by(log.c.entry_key)).mappings().all()
        return cls(
            cemetery=Cemetery(database),
            erased={row[0]: row[1] for row in erased},
            revoked={row[0]: row[1] for row in revoked},
            noted=list(noted),
        )

    def hand_on(self, connection: Connection, who: Who, what: str) -> int:
        """Bring what was put back up to date; return how many customers were erased from it once more."""
        self._revoke(connection)
        _sign_out(connection)
        self._note(connection)
        erased = self._erase(connection)
        note(connection, Action.RESTORE, what, who, {"erased_again": erased})
        return erased

    def _revoke(self, connection: Connection) -> None:
        keys = tables.api_keys
        for prefix, at in self.revoked.items():
            connection.execute(
                update(keys).where(keys.c.prefix == prefix, keys.c.revoked_at.is_(None)).values(revoked_at=at)
            )

    def _note(self, connection: Connection) -> None:
        log = tables.audit_log
        known = set(connection.execute(select(log.c.entry_id)).scalars())
        for row in self.noted:
            if row["entry_id"] not in known:
                told = {name: value for name, value in row.items() if name != "entry_key"}
                connection.execute(insert(log).values(told))

    def _erase(self, connection: Connection) -> int:
        """Erase again whom the store knew to be erased; their tombstones go on under the same secret."""
        secrets, stones = tables.secrets, tables.tombstones
        if not self.erased:
            return 0
        secret = connection.execute(select(secrets.c.value).where(secrets.c.name == SECRET)).scalar()
        known = set(connection.execute(select(stones.c.pseudonym)).scalars())
        if known and secret != self.cemetery.secret:
            raise StoreError(
                "Both stores know of erased customers, each under a secret of its own.",
                mend="Restore into an empty store, and erase there whom this one erased.",
            )
        connection.execute(delete(secrets).where(secrets.c.name == SECRET))
        connection.execute(insert(secrets).values(name=SECRET, value=self.cemetery.secret))
        for pseudonym, at in self.erased.items():
            if pseudonym not in known:
                connection.execute(insert(stones).values(pseudonym=pseudonym, erased_at=at))
        everybody = set(connection.execute(select(tables.scores.c.customer_id).distinct()).scalars())
        again = self.cemetery.erased(connection, everybody)
        for run_key in connection.execute(select(tables.runs.c.run_key)).scalars().all():
            for customer_id in again:
                remove_from_run(connection, run_key, customer_id)
        return len(again)


def _sign_out(connection: Connection) -> None:
    for table in (tables.sign_in_links, tables.sessions):
        connection.execute(delete(table))
