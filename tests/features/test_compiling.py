"""What Ibis writes for DuckDB is made lighter: other words, the same numbers."""

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.compiling import compiled, sql_of

ROWS = pd.DataFrame(
    {
        "who": ["a", "a", "a", "b", "b", "c"],
        "age": [1, 40, None, 400, 7, 90],
        "paid": [2.5, None, 4.0, 3.5, None, None],
        "bought": [True, False, None, True, True, False],
    }
)


def several_sums(rows: ir.Table) -> ir.Table:
    young = rows.age < 50
    return rows.group_by("who").aggregate(
        lines=rows.count(where=rows.bought),
        ages=rows.age.count(where=young),
        paid=rows.paid.sum(where=rows.bought),
        least=rows.paid.min(where=young & rows.bought),
        most=rows.age.max(where=~young),
        kinds=rows.age.nunique(where=rows.bought),
        middle=rows.age.median(where=rows.bought),
        last=rows.paid.argmax(rows.age, where=rows.bought),
        rounded=rows.paid.sum().round(),
        in_tenths=rows.paid.sum().round(1),
    )


def test_the_lighter_query_gives_what_ibis_wrote() -> None:
    connection = ibis.duckdb.connect()
    rows = connection.create_table("rows", ROWS)
    lighter = sql_of(connection, several_sums, {"rows": rows})
    as_written = connection.compile(several_sums(rows))
    answers = [connection.con.execute(f"FROM ({query}) ORDER BY who").df() for query in (lighter, as_written)]
    pd.testing.assert_frame_equal(*answers, check_exact=True)


def test_sums_have_no_filter_on_duckdb_and_keep_it_elsewhere() -> None:
    shapes = {"rows": ibis.schema({"who": "string", "age": "int64", "paid": "float64", "bought": "boolean"})}
    on_duckdb, on_postgres = (compiled(several_sums, {}, shapes, engine) for engine in ("duckdb", "postgres"))
    assert on_duckdb.count("FILTER") == 3, "of the distinct, the middle and the last one"
    assert on_postgres.count("FILTER") >= 8
    assert on_duckdb.count("ROUND(") == 2
    assert ", 0)" not in on_duckdb
