"""An expression in the SQL of an engine, compiled once for each shape of the relations it is made of."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

import ibis
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.sql import compilers

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends import BaseBackend

__all__ = ["UNBOUND", "compiled", "identifier", "query_of", "sql_of"]


def sql_of(
    connection: BaseBackend,
    build: Callable[..., ir.Table],
    relations: Mapping[str, ir.Table],
    **settings: Hashable,
) -> str:
    """Return ``build(**settings, **relations)`` in the SQL of an engine, compiled as a `view` is."""
    query = compiled(build, settings, {name: it.schema() for name, it in relations.items()}, connection.name)
    for name, rows in relations.items():
        query = query.replace(identifier(UNBOUND + name, connection), f"({connection.compile(rows)})")
    return query


def query_of(
    connection: BaseBackend, build: Callable[..., ir.Table], names: Mapping[str, str], **settings: Hashable
) -> str:
    """Return ``build`` of the connection's tables, whose ``names`` are told by relation, in its SQL."""
    shapes = {relation: connection.table(name).schema() for relation, name in names.items()}
    query = compiled(build, settings, shapes, connection.name)
    for relation, name in names.items():
        query = query.replace(identifier(UNBOUND + relation, connection), identifier(name, connection))
    return query


UNBOUND = "joren relation "
"""Before the name of a relation in a `compiled` query: no engine's table is called so."""


def compiled(
    build: Callable[..., ir.Table],
    settings: Mapping[str, Hashable],
    shapes: Mapping[str, ibis.Schema],
    engine: str,
) -> str:
    """Return ``build(**settings, **relations)`` in the SQL of an engine, from what stands if it was asked.

    ``shapes`` are the schemas of the relations, which go by their names after `UNBOUND`.
    """
    return _compiled(build, tuple(settings.items()), tuple(shapes.items()), engine)


@lru_cache(maxsize=256)
def _compiled(
    build: Callable[..., ir.Table],
    settings: tuple[tuple[str, Hashable], ...],
    shapes: tuple[tuple[str, ibis.Schema], ...],
    engine: str,
) -> str:
    relations = {name: ibis.table(shape, name=UNBOUND + name) for name, shape in shapes}
    expression = build(**dict(settings), **relations)
    compiler = getattr(compilers, engine).compiler
    with _nested_selects_merged(wanted=engine != "duckdb"):
        query = compiler.to_sqlglot(expression)
    if engine == "duckdb":
        _lighten(query)
    return str(query.sql(dialect=compiler.dialect))


@contextmanager
def _nested_selects_merged(*, wanted: bool) -> Iterator[None]:
    """Let Ibis merge nested selects or not: DuckDB does so itself, faster; Spark takes long over each."""
    before, ibis.options.sql.fuse_selects = ibis.options.sql.fuse_selects, wanted
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def identifier(name: str, connection: BaseBackend) -> str:
    """Return ``name`` as an identifier in the SQL of the connection's engine."""
    return sg.to_identifier(name, quoted=True).sql(connection.dialect)


def _lighten(query: sge.Query) -> None:
    """Let DuckDB answer ``query`` with the same numbers and less work.

    - Sums, counts, least and greatest look at a CASE, not through a FILTER; all of them pass over nulls. For
      each FILTER DuckDB slices every column that any of the aggregates reads: of eighty side by side that was
      half of their time, and most of it where rows are few.
    - What is rounded to no places is rounded: with places, be they none, DuckDB takes ten to their power, row
      by row.
    """
    for filtered in list(query.find_all(sge.Filter)):
        aggregate, condition = filtered.this, filtered.expression.this
        plain = isinstance(aggregate, sge.Count | sge.Sum | sge.Min | sge.Max)
        if plain and not isinstance(aggregate.this, sge.Distinct):
            counted = sge.Literal.number(1) if isinstance(aggregate.this, sge.Star) else aggregate.this
            seen = sge.Case(ifs=[sge.If(this=condition.copy(), true=counted.copy())])
            filtered.replace(type(aggregate)(this=seen))
    for rounded in query.find_all(sge.Round):
        if rounded.args.get("decimals") == sge.Literal.number(0):
            rounded.set("decimals", None)
