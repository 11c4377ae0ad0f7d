"""The behaviour table: what was known of each customer at a moment. The only way in to the features."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from features.behaviour.basket import basket_ratios, basket_sums, price_of
from features.behaviour.families import in_floats, with_event_families
from features.behaviour.history import kept_moments, known_days, known_kinds, past_at, running_past_at
from features.behaviour.lines import KINDS, with_line_sums
from features.behaviour.population import population
from features.behaviour.purchases import purchase_ratios, purchase_sums
from features.behaviour.returns import returns_ratios, returns_sums
from features.behaviour.rhythm import rhythm_ratios, rhythm_sums
from features.behaviour.season import season_ratios, season_sums
from features.catalogue import CATALOGUE
from features.engine import kept_rows, view
from features.subscribers import subscribers

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.reference import Reference
    from features.tables import Tables

__all__ = ["behaviour_panel", "behaviour_table"]

ORDER = ("as_of", "customer_id")
SEVERAL = 3
"""From so many moments on it pays to let the sums over lines run on from one to the next."""
CUSTOMERS_AT_A_TIME = 250_000


def behaviour_table(tables: Tables, as_of: date, reference: Reference) -> ir.Table:
    """Return the behaviour table at ``as_of``, measured against the population of ``reference``.

    One row for every customer with an order by ``as_of`` (in a business with contracts: and with a running
    subscription), sorted by customer_id: ``customer_id``, ``as_of``,
    then the features in the order of the catalogue, as float64 or int64. Missing is null. No row after
    ``as_of``, and none that reached the business after it, changes anything.
    """
    at = [replace(reference, as_of=as_of)]
    return _at(tables, at, past_at(tables, _clock(tables, at))).order_by(ORDER)


def behaviour_panel(tables: Tables, references: Sequence[Reference]) -> pa.Table:
    """Return the behaviour tables at the moments of ``references``, one below the other, in memory.

    Columns as in `behaviour_table`; sorted by as_of, then customer_id.
    """
    parts = [_sorted(part.to_pyarrow()) for part in _parts(tables, references)]
    return pa.concat_tables(parts)


def _sorted(rows: pa.Table) -> pa.Table:
    """Return ``rows`` in `ORDER`: Arrow sorts them sooner than DuckDB would."""
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in ORDER]))


def _parts(tables: Tables, references: Sequence[Reference]) -> Iterator[ir.Table]:
    """Yield the tables at some moments after the other, each to be read before the next is asked for.

    An engine keeps the sums of all that it groups at once: of 120,000 customers at twelve moments they took
    two gigabytes, and no less time.
    """
    ordered = sorted(references, key=lambda it: it.as_of)
    if len(ordered) < SEVERAL:
        yield _at(tables, ordered, past_at(tables, _clock(tables, ordered)))
        return
    columns = [column for column in KINDS if f"transactions.{column}" in tables.there]
    with running_past_at(tables, _clock(tables, ordered), columns) as past:
        for few in _few_at_a_time(ordered):
            days = past["unsettled_days"].semi_join(_clock(tables, few), "as_of")
            yield _at(tables, few, past | {"unsettled_days": days})


def _few_at_a_time(references: Sequence[Reference]) -> Iterator[list[Reference]]:
    """Yield ``references`` in turn, together those whose customers are `CUSTOMERS_AT_A_TIME` or fewer."""
    few: list[Reference] = []
    for one in references:
        if few and sum(it.customers for it in few) + one.customers > CUSTOMERS_AT_A_TIME:
            yield few
            few = []
        few.append(one)
    yield few


def _clock(tables: Tables, references: Sequence[Reference]) -> ir.Table:
    return kept_moments(tables, [it.as_of for it in references])


def _at(tables: Tables, references: Sequence[Reference], past: Mapping[str, ir.Table]) -> ir.Table:
    """Return the behaviour at the moments of ``references``, which are among those of the ``past``."""
    connection = tables.connection
    few = {name: kept_rows(connection, name, rows) for name, rows in population(references).items()}
    relations = {**past, **tables.optional, **few}
    panel = view(connection, behaviour, relations, there=tables.there, contract=tables.contract)
    whole = {name: "int64" for name, kind in panel.schema().items() if kind.is_integer()}
    return panel.cast(whole)


def behaviour(
    *,
    there: frozenset[str],
    contract: bool,
    moments: ir.Table,
    levels: ir.Table,
    **others: ir.Table,
) -> ir.Table:
    """Return the behaviour of every customer at each of ``moments``.

    ``there`` is what the data has (`Tables.there`); with a ``contract`` only subscribers are customers.
    ``moments`` and ``levels`` are the `population`, the others those of `past_at` or of `running_past_at`,
    and the optional tables by name.
    """
    history = known_days(moments=moments, **others)
    seasoned = history.join(moments.select("as_of", "peak_weeks"), "as_of")
    sums = seasoned.group_by("as_of", "customer_id").aggregate(
        **purchase_sums(seasoned),
        **rhythm_sums(seasoned),
        **basket_sums(seasoned),
        **returns_sums(seasoned),
        **season_sums(seasoned),
    )
    customers = sums.filter(sums.orders > 0)
    if contract:
        running = subscribers(others["subscriptions"], moments)
        customers = customers.semi_join(running, ("as_of", "customer_id"))
    kinds = {
        column: known_kinds(others, moments, column) for column in KINDS if f"transactions.{column}" in there
    }
    bought = in_floats(with_line_sums(customers, kinds).join(moments.drop("peak_weeks"), "as_of"))
    measured = bought.mutate(
        **purchase_ratios(bought),
        **rhythm_ratios(bought),
        **basket_ratios(bought),
        **returns_ratios(bought),
        **season_ratios(bought),
        **_scores(bought),
    )
    panel = with_event_families(measured, others, history, moments, levels)
    told = {
        feature.name: panel[feature.name] if there.issuperset(feature.needs) else ibis.null("float64")
        for feature in CATALOGUE
    }
    return panel.select("customer_id", "as_of", **told)


def _scores(sums: ir.Table) -> Mapping[str, ir.Value]:
    """Return the recency, frequency and price scores: fifths of the moment's population, equal values alike.

    ``sums`` have the population's cut points beside them, the columns of the `population`'s moments.
    """
    price = price_of(sums)
    priced = price.notnull() & sums.price_0.notnull()
    return {
        "recency_score": 5 - _cuts_below(sums, "recency", sums.days_since_last_order),
        "frequency_score": 1 + _cuts_below(sums, "frequency", sums.orders),
        "price_score": priced.ifelse(1 + _cuts_below(sums, "price", price), None),
    }


def _cuts_below(sums: ir.Table, of: str, value: ir.NumericValue) -> ir.IntegerValue:
    first, *others = ((value > sums[f"{of}_{k}"]).ifelse(1, 0) for k in range(4))
    return sum(others, start=first)
