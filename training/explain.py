"""Why a customer may leave: contributions to the log-odds, against those who stayed, told in words.

Linear terms and exact TreeSHAP, weighted as the stack weighs them; what comes by way of the value model is
handed on to the three facts behind it (orders, days since the first and the last) by exact Shapley values.
Most customers of most shops have left, so against everybody nearly anyone looks good: each is held against
those who stayed. Features that would say the same sentence are added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Self, TypedDict

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.reasons import reason_text
from training.attributes import attribute_of, attribute_text
from training.learners import Learners
from training.models.glm import Array
from training.models.subscription_value import Valuation
from training.models.value import VALUE_FEATURES

FEATURES = {feature.name: feature for feature in CATALOGUE}
ATTRIBUTE = "attribute."
CANDIDATES = 8
SMALLEST = 1e-9
LEAST_SHARE = 0.1  # of the strongest reason: what is weaker than that is not worth a line
BASELINE_ROWS = 2000


class Reason(TypedDict):
    """One reason. ``contribution``: log-odds of leaving, above 0 raises the risk. ``code``: stable."""

    code: str
    feature: str
    value: float | None
    contribution: float
    text: str


@dataclass(frozen=True)
class Baseline:
    """Customers who stayed: their ``typical`` orders and days, and each feature's ``mean`` contribution."""

    typical: Mapping[str, float]
    mean: Mapping[str, float]

    @classmethod
    def of(cls, table: pd.DataFrame, value: Valuation, learners: Learners | None, horizon_days: int) -> Self:
        """Return the baseline of ``table``: rows of those who stayed, the value model's features beside."""
        rows = table.iloc[np.linspace(0, len(table) - 1, min(len(table), BASELINE_ROWS)).astype(int)]
        typical = {fact: round(float(rows[fact].median())) for fact in value.facts}
        parts = _parts(rows, typical, value, learners, horizon_days)
        return cls(typical, {str(name): float(mean) for name, mean in parts.mean().items()})

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return it ready for JSON."""
        return {"typical": dict(self.typical), "mean": dict(self.mean)}


@dataclass(frozen=True)
class Explainer:
    """What reasons are made of."""

    value: Valuation
    learners: Learners | None
    baseline: Baseline
    horizon_days: int
    currency: str

    def contributions(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return rows × features of the catalogue: what each adds to the log-odds of leaving.

        Row by row they add up to the log-odds less one constant: the mean of those who stayed.
        ``table``: a behaviour table with the value model's features beside it.
        """
        parts = _parts(table, self.baseline.typical, self.value, self.learners, self.horizon_days)
        return parts - pd.Series(self.baseline.mean).reindex(parts.columns, fill_value=0.0)

    def reasons(self, table: pd.DataFrame, language: str, limit: int) -> list[list[Reason]]:
        """Return for each row at most ``limit`` reasons that raise the risk, the strongest first."""
        total = self.contributions(table)
        names, values = [str(name) for name in total.columns], total.to_numpy()
        strongest = np.argsort(-values, axis=1, kind="stable")[:, :CANDIDATES]
        told = []
        for i, row in enumerate(table.to_dict("records")):
            facts = {str(name): fact for name, fact in row.items()}
            candidates = [(names[j], float(values[i, j])) for j in strongest[i]]
            told.append(_worded(facts, candidates, language, self.currency)[:limit])
        return told


def _parts(
    table: pd.DataFrame,
    typical: Mapping[str, float],
    value: Valuation,
    learners: Learners | None,
    horizon_days: int,
) -> pd.DataFrame:
    """Return contributions without a baseline; what the value model says is told by its facts."""
    shares = _shapley(table, typical, value, horizon_days)
    if learners is None:
        return shares
    total = learners.churn.contributions(table)
    by_learners = total[[name for name in VALUE_FEATURES if name in total]].sum(axis=1)
    total = total.drop(columns=list(VALUE_FEATURES), errors="ignore")
    size = shares.abs() + SMALLEST
    weight = size.div(size.sum(axis=1), axis=0)
    trust, near = learners.churn.trust_in_start, shares
    if learners.horizon_days != horizon_days:
        near = _shapley(table, typical, value, learners.horizon_days)
    for fact in value.facts:
        handed_on = shares[fact] + (trust - 1.0) * near[fact] + weight[fact] * by_learners
        total[fact] = total.get(fact, 0.0) + handed_on
    return _summed(total)


def _summed(total: pd.DataFrame) -> pd.DataFrame:
    """Return contributions with the columns of one attribute added up: a word each, or one number."""
    parts: dict[str, pd.Series[float]] = {}
    for column in map(str, total.columns):
        attribute = attribute_of(column)
        name = column if attribute is None else f"{ATTRIBUTE}{attribute}"
        parts[name] = total[column] + parts[name] if name in parts else total[column]
    return pd.DataFrame(parts, index=total.index)


def _shapley(
    table: pd.DataFrame, typical: Mapping[str, float], value: Valuation, horizon_days: int
) -> pd.DataFrame:
    """Return exact Shapley values of the value model's log-odds, rows × its facts, against ``typical``."""
    facts = table[[name for name in (*value.facts, "as_of") if name in table]]
    worth: dict[frozenset[str], Array] = {}
    for known in _groups(value.facts):
        mixed = facts.assign(**{name: typical[name] for name in value.facts if name not in known})
        none = value.probability_no_order(_possible(mixed), horizon_days)
        worth[known] = np.log(none / (1.0 - none))
    shares = pd.DataFrame(0.0, index=table.index, columns=list(value.facts))
    number = len(value.facts)
    for name in value.facts:
        for group in _groups([other for other in value.facts if other != name]):
            weight = factorial(len(group)) * factorial(number - len(group) - 1) / factorial(number)
            shares[name] += weight * (worth[group | {name}] - worth[group])
    return shares


def _groups(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(group) for size in range(len(names) + 1) for group in combinations(names, size)]


def _possible(facts: pd.DataFrame) -> pd.DataFrame:
    """Return the facts made into histories that can be: the second order comes a day after the first."""
    if "orders" not in facts:
        return facts
    first = facts["days_since_first_order"]
    orders = facts["orders"].where(first >= 1, 1.0)
    last = facts["days_since_last_order"].clip(upper=first - 1).where(orders > 1, first)
    return facts.assign(orders=orders, days_since_last_order=last)


def _worded(
    row: dict[str, object], candidates: list[tuple[str, float]], language: str, currency: str
) -> list[Reason]:
    """Return the reasons that raise the risk, or the nearest to one: one for each topic, its strongest."""
    said: defaultdict[str, float] = defaultdict(float)
    speaker: dict[str, str] = {}
    for feature, contribution in candidates:
        text = _text(feature, row, language, currency)
        said[text] += contribution
        speaker.setdefault(text, feature)
    strongest: dict[str, str] = {}
    for text in sorted(said, key=lambda text: (-said[text], text)):
        strongest.setdefault(_topic(speaker[text]), text)
    first = next(iter(strongest.values()))
    return [
        Reason(
            code=_code(speaker[text]),
            feature=speaker[text],
            value=_number(row.get(speaker[text])),
            contribution=said[text],
            text=text,
        )
        for text in strongest.values()
        if said[text] > LEAST_SHARE * max(said[first], 0.0) or text == first
    ]


def _text(name: str, row: dict[str, object], language: str, currency: str) -> str:
    if name in FEATURES:
        return reason_text(name, row, language, currency)
    return attribute_text(name.removeprefix(ATTRIBUTE), row, language)


def _topic(name: str) -> str:
    return FEATURES[name].topic if name in FEATURES else name


def _code(name: str) -> str:
    return f"{FEATURES[name].family}.{name}" if name in FEATURES else name


def _number(value: object) -> float | None:
    number = float(value) if isinstance(value, (int, float, np.number)) else float("nan")
    return number if np.isfinite(number) else None
