"""What the most valuable customers have in common, and what those who left had, against the rest.

Both are looked at as they were known before: features as of the start of the newest window whose outcome is
known, groups by what happened in it. So no trait follows from the value or the leaving that it goes with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalogue import CATALOGUE
from features.effects import Effect, cliffs_delta, difference_of_shares
from features.errors import NothingUsableError
from features.labels import outcomes_in
from features.reference import reference_at
from features.table import behaviour_table
from features.window import Window

if TYPE_CHECKING:
    from features.tables import Tables

__all__ = ["Group", "Trait", "Traits", "traits_of"]

TOP_SHARE = 0.1
FEWEST = 10  # customers with a value in either group
FEWEST_IN_CATEGORY = 20
CATEGORIES = ("acquisition_channel", "country")
MOST_CATEGORIES = 10  # more of them, all numbers: a number

Members = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Trait:
    """One feature, or one category of an attribute, in the group against the rest.

    ``measure`` says what ``typical`` and ``typical_rest`` are: the two medians, the means where the medians
    are equal, or the shares of a category. ``effect`` is Cliff's delta, which for a category is the
    difference of the shares. ``n`` and ``n_rest`` count those of whom the value is known.
    """

    name: str
    category: str | None
    effect: Effect
    measure: Literal["median", "mean", "share"]
    typical: float
    typical_rest: float
    n: int
    n_rest: int


@dataclass(frozen=True)
class Group:
    """So many customers against so many others, and their traits, the surest and largest first."""

    customers: int
    rest: int
    traits: tuple[Trait, ...]


@dataclass(frozen=True)
class Traits:
    """The two groups of ``window``; ``value`` names what value is: margin, or revenue where none is recorded.

    ``best`` is the tenth that brought the most (``least_value`` and more, in the currency of the data), of
    all customers at the window's as_of. ``left`` is those who bought nothing, of the same customers.
    """

    window: Window
    activity_days: int
    value: str
    least_value: float
    best: Group
    left: Group


def traits_of(tables: Tables, as_of: date, horizon_days: int, activity_days: int = 365) -> Traits:
    """Return the traits over the newest window of ``horizon_days`` that is complete at ``as_of``.

    A customer is one who bought within the ``activity_days`` that end with the window's as_of. Raises
    ``NothingUsableError`` where either group, or its rest, holds fewer than ten customers.
    """
    last_day = tables.last_day(as_of) or as_of
    window = Window(last_day - timedelta(days=horizon_days), horizon_days)
    table = behaviour_table(tables, window.as_of, reference_at(tables, window.as_of)).to_pandas()
    table = table.set_index("customer_id").drop(columns="as_of")
    table = table[table["days_since_last_order"] < activity_days]
    truth = outcomes_in(tables, window, known_by=as_of).to_pandas().set_index("customer_id").loc[table.index]
    value = "margin" if tables.has_margin else "revenue"
    brought = truth[value].astype(float).fillna(0.0).to_numpy()
    least_value = _top_from(brought)
    attributes = _attributes(tables, window.as_of, table.index)
    best, left = brought >= least_value, truth["churned"].to_numpy(dtype=bool)
    return Traits(
        window,
        activity_days,
        value,
        least_value,
        _group(table, attributes, best, f"the top tenth by {value}", window),
        _group(table, attributes, left, "those who left", window),
    )


def _top_from(brought: npt.NDArray[np.float64]) -> float:
    """Return what the last of the top tenth brought; more than nothing, always."""
    positive = np.sort(brought[brought > 0])[::-1]
    most = max(1, round(TOP_SHARE * len(brought)))
    return float(positive[min(most, len(positive)) - 1]) if len(positive) else np.inf


def _attributes(tables: Tables, as_of: date, customers: pd.Index) -> pd.DataFrame:
    """Return what the customers' table says of each of ``customers``, as text."""
    known = tables.known("customers", as_of)
    if known is None:
        return pd.DataFrame(index=customers)
    report = tables.reports["customers"]
    names = [*(name for name in CATEGORIES if name in report.columns), *report.attributes]
    rows = known.select("customer_id", *names).to_pandas().drop_duplicates("customer_id", keep="last")
    attributes: pd.DataFrame = rows.set_index("customer_id").reindex(customers)
    return attributes


def _group(
    table: pd.DataFrame, attributes: pd.DataFrame, members: Members, who: str, window: Window
) -> Group:
    inside, outside = int(members.sum()), int((~members).sum())
    if min(inside, outside) < FEWEST:
        raise NothingUsableError(
            f"Too few customers to compare: {inside} are {who}, {outside} are not.",
            which=[f"in the {window.horizon_days} days from {window.outcome_start} to {window.outcome_end}"],
            mend=f"Both must be {FEWEST} or more: choose another moment or horizon, or load more history.",
        )
    found = [*_number_traits(table, attributes, members), *_category_traits(attributes, members)]
    found.sort(key=lambda trait: (-trait.effect.least, -abs(trait.effect.value), trait.name))
    return Group(inside, outside, tuple(found))


def _number_traits(table: pd.DataFrame, attributes: pd.DataFrame, members: Members) -> Iterator[Trait]:
    numbers = {feature.name: table[feature.name] for feature in CATALOGUE}
    numbers |= {str(name): pd.to_numeric(column) for name, column in attributes.items() if _is_number(column)}
    for name, column in numbers.items():
        values = column.to_numpy(dtype=float, na_value=np.nan)
        known = ~np.isnan(values)
        ones, others = values[members & known], values[~members & known]
        if min(len(ones), len(others)) < FEWEST or values[known].min() == values[known].max():
            continue
        effect = cliffs_delta(ones, others)
        medians, means = ((float(of(ones)), float(of(others))) for of in (np.median, np.mean))
        if medians[0] == medians[1]:
            yield Trait(name, None, effect, "mean", *means, len(ones), len(others))
        else:
            yield Trait(name, None, effect, "median", *medians, len(ones), len(others))


def _category_traits(attributes: pd.DataFrame, members: Members) -> Iterator[Trait]:
    for name in attributes:
        if _is_number(attributes[name]):
            continue
        known = attributes[name].notna().to_numpy()
        n, n_rest = int((members & known).sum()), int((~members & known).sum())
        if min(n, n_rest) < FEWEST:
            continue
        counts = attributes[name].value_counts().sort_index()
        for category in counts.index[(counts >= FEWEST_IN_CATEGORY) & (counts < n + n_rest)]:
            has = (attributes[name] == category).to_numpy()
            one, other = int((members & has).sum()), int((~members & has).sum())
            effect = difference_of_shares(one, n, other, n_rest)
            yield Trait(str(name), str(category), effect, "share", one / n, other / n_rest, n, n_rest)


def _is_number(column: pd.Series) -> bool:
    """Return whether an attribute is a number: all of it can be read as one, and it takes many values."""
    values = pd.to_numeric(column, errors="coerce")
    return bool(values.notna().eq(column.notna()).all()) and values.nunique() > MOST_CATEGORIES
