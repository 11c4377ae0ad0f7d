"""Of very many customers a part, drawn by their ids: the same at every moment and on every engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from features.engine import kept_as, kept_rows
from features.tables import Tables

__all__ = ["Draw", "drawn"]

KEY_DIGITS = 16  # of the key to the hash


@dataclass(frozen=True)
class Draw:
    """``customers`` drawn out of ``of``."""

    customers: int
    of: int

    def told(self, language: str = "en") -> str:
        """Return what it means for what is learned from it, as a sentence without its end."""
        if language == "ja":
            return (
                f"顧客{self.of:,}人から、IDのハッシュで{self.customers:,}人を抽出した。"
                "学習と評価はこの顧客だけによる（母集団の基準値とスコアは全顧客）"
            )
        return (
            f"{self.customers:,} of {self.of:,} customers were drawn, by a hash of their ids: models are "
            "fitted and judged on these; the population that customers are held against, and the scores, are "
            "of all"
        )


def drawn(tables: Tables, as_of: date, most: int, seed: int) -> tuple[Tables, Draw | None]:
    """Return the rows of ``most`` of the customers known at ``as_of``; all rows and None where no more are.

    Those whose hashed id comes first are taken: who is drawn stays drawn while others come and go. Where the
    data end is still told by all of them.
    """
    known = tables.history(as_of).select("customer_id").distinct()
    if int(known.count().to_pyarrow().as_py()) <= most:
        return tables, None
    ids = known.to_pyarrow()["customer_id"].to_numpy()
    key = f"{seed % 10**KEY_DIGITS:0{KEY_DIGITS}d}"
    place = pd.util.hash_array(ids, hash_key=key, categorize=False)
    chosen = np.sort(ids[np.argpartition(place, most)[:most]])
    who = kept_rows(tables.connection, "drawn_customers", pa.table({"customer_id": chosen}))

    def theirs(name: str, rows: ir.Table) -> ir.Table:
        return kept_as(tables.connection, f"drawn_{name}", rows.semi_join(who, "customer_id"))

    part = replace(
        tables,
        transactions=theirs("transactions", tables.transactions),
        optional={name: theirs(name, rows) for name, rows in tables.optional.items()},
        ends=tables.last_day(date.max),
    )
    return part, Draw(most, len(ids))
