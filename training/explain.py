"""Why a customer may leave: contributions to the log-odds, told in words.

Linear terms and exact TreeSHAP, weighted as the stack weighs them; what comes by way of the lifetime-value
model is handed on to the three facts behind it (orders, days since the first and the last) by exact Shapley
values against the median customer. Features that would say the same sentence are added up.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from math import factorial
from typing import TypedDict

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.reasons import reason_text
from training.learners import Learners
from training.models.glm import Array
from training.models.value import VALUE_FEATURES, ValueModel

FACTS = ("orders", "days_since_first_order", "days_since_last_order")
FAMILY = {feature.name: feature.family for feature in CATALOGUE}
CANDIDATES = 8
SMALLEST = 1e-9


class Reason(TypedDict):
    """One reason. ``contribution``: log-odds of leaving, above 0 raises the risk. ``code``: stable."""

    code: str
    feature: str
    value: float | None
    contribution: float
    text: str


def reasons(
    behaviour: pd.DataFrame,
    table: pd.DataFrame,
    value: ValueModel,
    learners: Learners | None,
    *,
    horizon_days: int,
    language: str,
    currency: str,
    limit: int,
) -> list[list[Reason]]:
    """Return for each row at most ``limit`` reasons: what raises the risk first, the strongest first.

    ``table``: the behaviour table with the value model's features beside it.
    """
    total = contributions(table, value, learners, horizon_days)
    names, values = [str(name) for name in total.columns], total.to_numpy()
    strongest = np.argsort(-values, axis=1, kind="stable")[:, :CANDIDATES]
    told = []
    for i, row in enumerate(behaviour.to_dict("records")):
        facts = {str(name): fact for name, fact in row.items()}
        candidates = [(names[j], float(values[i, j])) for j in strongest[i]]
        told.append(_worded(facts, candidates, language, currency)[:limit])
    return told


def contributions(
    table: pd.DataFrame, value: ValueModel, learners: Learners | None, horizon_days: int
) -> pd.DataFrame:
    """Return rows × features: what each adds to the log-odds of leaving, against the average customer."""
    shares = _shapley(table, value, horizon_days)
    if learners is None:
        return shares
    total = learners.churn.contributions(table)
    by_value_model = total[[name for name in VALUE_FEATURES if name in total]].sum(axis=1)
    total = total.drop(columns=list(VALUE_FEATURES), errors="ignore")
    size = shares.abs() + SMALLEST
    weight = size.div(size.sum(axis=1), axis=0)
    for fact in FACTS:
        total[fact] = total.get(fact, 0.0) + weight[fact] * by_value_model
    return total


def _shapley(table: pd.DataFrame, value: ValueModel, horizon_days: int) -> pd.DataFrame:
    """Exact Shapley values of the value model's log-odds, rows × ``FACTS``, against the median of each."""
    facts = table[list(FACTS)]
    typical = facts.median().round()
    worth: dict[frozenset[str], Array] = {}
    for size in range(len(FACTS) + 1):
        for known in combinations(FACTS, size):
            mixed = facts.copy()
            for name in FACTS:
                if name not in known:
                    mixed[name] = typical[name]
            none = value.probability_no_order(_possible(mixed), horizon_days)
            worth[frozenset(known)] = np.log(none / (1.0 - none))
    shares = pd.DataFrame(0.0, index=table.index, columns=list(FACTS))
    for name in FACTS:
        others = [other for other in FACTS if other != name]
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(FACTS) - size - 1) / factorial(len(FACTS))
            for group in combinations(others, size):
                shares[name] += weight * (worth[frozenset((*group, name))] - worth[frozenset(group)])
    return shares


def _possible(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the facts made into histories that can be: the second order comes a day after the first."""
    first = facts["days_since_first_order"]
    orders = facts["orders"].where(first >= 1, 1.0)
    last = facts["days_since_last_order"].clip(upper=first - 1).where(orders > 1, first)
    return facts.assign(orders=orders, days_since_last_order=last)


def _worded(
    row: dict[str, object], candidates: list[tuple[str, float]], language: str, currency: str
) -> list[Reason]:
    """Return the reasons that raise the risk, or the nearest to one; the same sentence is said once."""
    said: defaultdict[str, float] = defaultdict(float)
    speaker: dict[str, str] = {}
    for feature, contribution in candidates:
        text = reason_text(feature, row, language, currency)
        said[text] += contribution
        speaker.setdefault(text, feature)
    strongest = sorted(said, key=lambda text: (-said[text], text))
    return [
        Reason(
            code=f"{FAMILY[speaker[text]]}.{speaker[text]}",
            feature=speaker[text],
            value=_number(row.get(speaker[text])),
            contribution=said[text],
            text=text,
        )
        for text in strongest
        if said[text] > 0 or text == strongest[0]
    ]


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, (int, float, np.number)) else float("nan")
    return number if np.isfinite(number) else None
