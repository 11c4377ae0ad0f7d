"""What was known at a moment, without the orders cancelled by then: found by a stack of open sales for each
kind of goods, as a clerk would find them."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from features.tables import Rules

__all__ = ["see"]


def see(database: sqlite3.Connection, name: str, moment: date, rules: Rules) -> None:
    """Make the table ``name`` of the rows known at ``moment``, without the orders cancelled by then."""
    database.execute(
        f"CREATE TEMP TABLE {name} AS SELECT * FROM rows WHERE max(day, coalesce(known_day, day)) <= ?",
        [moment.isoformat()],
    )
    if rules.cancelled_orders == "drop":
        void = _cancelled(database, name, timedelta(rules.cancelled_within_days))
        database.executemany(f"DELETE FROM {name} WHERE source_row = ?", [(row,) for row in void])


def _cancelled(database: sqlite3.Connection, name: str, within: timedelta) -> set[int]:
    database.row_factory = sqlite3.Row
    rows = database.execute(
        f"""SELECT *, max(day, coalesce(known_day, day)) AS known, amount < 0 OR is_return AS back
        FROM {name} ORDER BY known, timestamp, back, order_id, margin"""
    ).fetchall()
    database.row_factory = None
    open_sales: dict[tuple[Any, ...], list[sqlite3.Row]] = defaultdict(list)
    mirror_of: dict[int, int] = {}
    lines: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    void: set[int] = set()
    closed = set()
    for _, news in groupby(rows, lambda row: row["known"]):
        for row in news:
            order = (row["customer_id"], row["order_id"] or row["timestamp"])
            goods = (
                row["customer_id"],
                row["product_id"],
                abs(row["amount"]),
                row["quantity"] and abs(row["quantity"]),
            )
            if not row["back"]:
                open_sales[goods].append(row)
                lines[order].append(row["source_row"])
            elif open_sales[goods]:
                sale = open_sales[goods].pop()
                after = date.fromisoformat(row["day"]) - date.fromisoformat(sale["day"])
                if sale["timestamp"] <= row["timestamp"] and after <= within:
                    mirror_of[sale["source_row"]] = row["source_row"]
        for order in lines.keys() - closed:
            if all(line in mirror_of for line in lines[order]):
                closed.add(order)
                void.update(lines[order], (mirror_of[line] for line in lines[order]))
    return void
