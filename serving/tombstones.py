"""Whom nobody may publish again: customers who were erased, known by a keyed pseudonym alone."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import pandas as pd
from sqlalchemy import Connection, delete, select, update

from serving import tables
from serving.database import Database
from serving.secret import secret_of

__all__ = ["SECRET", "Cemetery", "remove_from_run", "without_erased"]

SECRET = "erasure"  # noqa: S105 - its name, not the secret


class Cemetery:
    """The tombstones of a store, and how a customer's pseudonym is reckoned."""

    def __init__(self, database: Database) -> None:
        self.secret = secret_of(database, SECRET)

    def pseudonym(self, customer_id: str) -> str:
        """Return the id's HMAC-SHA256 under a secret of the store, in hex."""
        return hmac.digest(self.secret, customer_id.encode(), "sha256").hex()

    def erased(self, connection: Connection, customer_ids: Iterable[str]) -> set[str]:
        """Return those of the customers who were erased."""
        stones = set(connection.execute(select(tables.tombstones.c.pseudonym)).scalars())
        return {one for one in customer_ids if self.pseudonym(one) in stones} if stones else set()


def without_erased(
    database: Database, scores: pd.DataFrame, behaviour: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables without the customers who were erased; who follows in a list moves up."""
    with database.read() as connection:
        erased = Cemetery(database).erased(connection, scores["customer_id"])
    if not erased:
        return scores, behaviour
    left = scores[~scores["customer_id"].isin(erased)]
    ranks = left["at_risk_rank"].rank(method="first").astype(scores["at_risk_rank"].dtype)
    return left.assign(at_risk_rank=ranks), behaviour[~behaviour["customer_id"].isin(erased)]


def remove_from_run(connection: Connection, run_key: int, customer_id: str) -> dict[str, int]:
    """Take a customer's rows out of one run; return how many went, by table."""
    gone = {}
    for table in tables.OF_CUSTOMERS:
        theirs = delete(table).where(table.c.run_key == run_key, table.c.customer_id == customer_id)
        gone[table.name] = connection.execute(theirs).rowcount
    fewer = update(tables.runs).where(tables.runs.c.run_key == run_key)
    connection.execute(fewer.values(customers=tables.runs.c.customers - gone[tables.scores.name]))
    return gone
