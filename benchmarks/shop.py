"""A made-up shop of any size for the benchmarks of features, made by DuckDB: the same rows every time."""

from __future__ import annotations

from datetime import date

import ibis
from ibis.backends.duckdb import Backend

from features.contract import CONTRACT
from features.tables import ReadReport, Tables

__all__ = ["LAST_DAY", "LINES_PER_ORDER", "made_up", "tables_on"]

FIRST_DAY, LAST_DAY = date(2023, 1, 1), date(2025, 12, 31)
LINES_PER_ORDER = 5

SHOP = """
SELECT
  row_number() OVER () AS source_row, customer_id, timestamp, timestamp::DATE AS day, NULL::DATE AS known_day,
  (sign * amount)::DECIMAL(18, 4) AS amount, (sign * amount * 0.3)::DECIMAL(18, 4) AS margin,
  false AS is_return, order_id, NULL::VARCHAR AS line_id, product_id, category,
  (sign * quantity)::DECIMAL(18, 4) AS quantity, (amount / quantity)::DECIMAL(18, 4) AS unit_price,
  discount::DECIMAL(18, 4) AS discount, channel
FROM (
  SELECT customer_id, timestamp, 1 AS sign, * EXCLUDE (customer_id, timestamp, given_back, back_at) FROM lines
  UNION ALL
  SELECT customer_id, back_at, -1, * EXCLUDE (customer_id, timestamp, given_back, back_at)
    REPLACE ('R' || order_id AS order_id)
  FROM lines WHERE given_back AND back_at <= TIMESTAMP '{last} 23:59:59'
)
"""
LINES = """
WITH orders AS (
  SELECT number, {draw_1} AS u, {draw_2} AS v, {draw_3} AS w, {draw_4} AS z
  FROM range({first}, {end}) AS orders(number)
), placed AS (
  SELECT number,
    CASE WHEN number < {once_each} THEN number ELSE floor(pow(u, 1.6) * {customers}) END::BIGINT AS who,
    TIMESTAMP '{start} 00:00:00' + to_seconds((v * {days} * 86400)::BIGINT) AS timestamp,
    1 + least(floor(-ln(w) * 4.5), 40)::BIGINT AS size, z
  FROM orders
), rows AS (
  SELECT *, unnest(range(size)) AS line FROM placed
), drawn AS (
  SELECT * REPLACE (number * 64 + line AS number), number AS order_number FROM rows
), chances AS (
  SELECT *, {draw_5} AS a, {draw_6} AS b FROM drawn
), chosen AS (
  SELECT *, hash(concat(who, '/', floor(a * a * 40)::BIGINT)) % 4000 AS product,
    1 + floor(b * b * 4)::INTEGER AS quantity
  FROM chances
)
SELECT 'c-' || printf('%07x', (who * 7919) % 268435399) AS customer_id, timestamp,
  'o' || order_number AS order_id, 'p-' || product AS product_id, 'kind ' || product % 24 AS category,
  CASE WHEN z < 0.6 THEN 'web' WHEN z < 0.9 THEN 'shop' ELSE 'app' END AS channel, quantity,
  quantity * (1 + product % 97) * 0.75 AS amount,
  CASE WHEN b < 0.2 THEN quantity * 0.5 ELSE 0 END AS discount,
  z > 0.994 OR a > 0.96 AS given_back, timestamp + to_hours((1 + z * 200 + b * 400)::INTEGER) AS back_at
FROM chosen
"""
DRAW = "hash(concat('{place}/', number)) / 18446744073709551616.0"
"""A number from 0 to 1 that hangs on ``number`` alone: DuckDB's hash of a text, over 2^64."""


def made_up(
    transactions: int, customers: int, first_order: int = 0, *, everybody: bool = False
) -> tuple[str, str]:
    """Return SQL for about ``transactions`` lines of ``customers`` in three years, and for their table.

    Of a hundred lines four are given back; of a thousand orders six are cancelled in full. Who orders how
    often is left to chance; of ``everybody`` each has one order first.
    """
    orders = round(transactions / LINES_PER_ORDER / 1.04)
    lines = LINES.format(
        first=first_order,
        end=first_order + orders,
        customers=customers,
        once_each=customers if everybody else 0,
        start=FIRST_DAY,
        days=(LAST_DAY - FIRST_DAY).days + 1,
        **{f"draw_{place}": DRAW.format(place=place) for place in range(1, 7)},
    )
    return lines, SHOP.format(last=LAST_DAY)


def tables_on(connection: Backend, transactions: str) -> Tables:
    """Return the table or view ``transactions`` as accepted tables."""
    rows = connection.table(transactions)
    names = {column.name: column.name for column in CONTRACT["transactions"].columns}
    for absent in ("known_at", "line_id", "is_return", "currency"):
        del names[absent]
    report = ReadReport("transactions", "made up", 0, 0, {}, 0, FIRST_DAY, LAST_DAY, names, ())
    quarantine = ibis.memtable({"reason": []}, schema={"reason": "string"})
    return Tables(connection, rows, quarantine, {"transactions": report}, "UTC", "EUR", has_margin=True)
