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
from typing import Self, TypeAlias, TypedDict

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.reasons import reason_text
from training.attributes import attribute_of, attribute_text
from training.frames import Columns
from training.learners import Learners
from training.models.glm import Array
from training.models.inputs import Numbers
from training.models.subscription_value import Valuation
from training.models.value import VALUE_FEATURES

FEATURES = {feature.name: feature for feature in CATALOGUE}
ATTRIBUTE = "attribute."
CANDIDATES = 8
SMALLEST = 1e-9
LEAST_SHARE = 0.1  # of the strongest reason: what is weaker than that is not worth a line
BASELINE_ROWS = 2000

Parts: TypeAlias = dict[str, Array]
"""What each feature adds to the log-odds of leaving, (rows,)."""


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
        return cls(typical, {name: float(part.mean()) for name, part in parts.items()})

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
        return pd.DataFrame(self._against_who_stayed(table), index=table.index)

    def reasons(self, table: pd.DataFrame, language: str, limit: int) -> list[list[Reason]]:
        """Return for each row at most ``limit`` reasons that raise the risk, the strongest first."""
        parts = self._against_who_stayed(table)
        names, values = list(parts), np.column_stack(list(parts.values()))
        strongest = np.argsort(-values, axis=1, kind="stable")[:, :CANDIDATES]
        columns, told = [str(name) for name in table], []
        for i, row in enumerate(table.to_numpy(object)):
            facts = dict(zip(columns, row, strict=True))
            candidates = [(names[j], float(values[i, j])) for j in strongest[i]]
            told.append(_worded(facts, candidates, language, self.currency)[:limit])
        return told

    def _against_who_stayed(self, table: pd.DataFrame) -> Parts:
        parts = _parts(table, self.baseline.typical, self.value, self.learners, self.horizon_days)
        return {name: part - self.baseline.mean.get(name, 0.0) for name, part in parts.items()}


def _parts(
    table: pd.DataFrame,
    typical: Mapping[str, float],
    value: Valuation,
    learners: Learners | None,
    horizon_days: int,
) -> Parts:
    """Return contributions without a baseline; what the value model says is told by its facts."""
    columns = Columns(table)
    shares = _shapley(columns, typical, value, horizon_days)
    if learners is None:
        return shares
    total = learners.churn.contributions(Numbers(columns, learners.churn.members.features))
    by_learners = sum(total.pop(name) for name in VALUE_FEATURES if name in total)
    size = {fact: np.abs(share) + SMALLEST for fact, share in shares.items()}
    of_all = sum(size.values())
    trust, near = learners.churn.trust_in_start, shares
    if learners.horizon_days != horizon_days:
        near = _shapley(columns, typical, value, learners.horizon_days)
    for fact, share in shares.items():
        handed_on = share + (trust - 1.0) * near[fact] + size[fact] / of_all * by_learners
        total[fact] = total.get(fact, 0.0) + handed_on
    return _summed(total)


def _summed(total: Parts) -> Parts:
    """Return contributions with the columns of one attribute added up: a word each, or one number."""
    parts: Parts = {}
    for column, part in total.items():
        attribute = attribute_of(column)
        name = column if attribute is None else f"{ATTRIBUTE}{attribute}"
        parts[name] = part + parts[name] if name in parts else part
    return parts


def _shapley(columns: Columns, typical: Mapping[str, float], value: Valuation, horizon_days: int) -> Parts:
    """Return exact Shapley values of the value model's log-odds, by its facts, against ``typical``."""
    worth: dict[frozenset[str], Array] = {}
    for known in _groups(value.facts):
        mixed = {
            name: columns[name] if name in known else np.full(len(columns), float(typical[name]))
            for name in value.facts
        }
        none = value.probability_no_order(columns.beside(_possible(mixed)), horizon_days)
        worth[known] = np.log(none / (1.0 - none))
    shares = {name: np.zeros(len(columns)) for name in value.facts}
    number = len(value.facts)
    for name in value.facts:
        for group in _groups([other for other in value.facts if other != name]):
            weight = factorial(len(group)) * factorial(number - len(group) - 1) / factorial(number)
            shares[name] += weight * (worth[group | {name}] - worth[group])
    return shares


def _groups(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(group) for size in range(len(names) + 1) for group in combinations(names, size)]


def _possible(facts: dict[str, Array]) -> dict[str, Array]:
    """Return the facts made into histories that can be: the second order comes a day after the first."""
    if "orders" not in facts:
        return facts
    first = facts["days_since_first_order"]
    orders = np.where(first >= 1, facts["orders"], 1.0)
    last = np.where(orders > 1, np.minimum(facts["days_since_last_order"], first - 1), first)
    return facts | {"orders": orders, "days_since_last_order": last}


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
