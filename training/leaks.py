"""Columns that know the outcome already: refused by their names, and by what they give away.

A score of a former model, the reason for leaving or a value reckoned from both are only known once a
customer has left: a model that sees them looks perfect on the past, and is of no use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from features.catalogue import CATALOGUE
from features.names import plain
from training.attributes import attribute_of

__all__ = ["LARGEST_AUC", "Leak", "is_named_like_a_leak", "leaking"]

LARGEST_AUC = 0.97
"""What one feature may tell of who leaves; days since the last order reach .76 on CDNOW's 39 weeks."""
FEWEST = 50  # rows of either outcome, below which nothing is refused for what it tells
MOST_ROWS = 20_000
BINS = 32
FOLDS = 2
ABSENT = BINS + 1

_BEGINNINGS = (
    *("churn", "attrit", "cltv", "clv", "ltv", "lifetimevalue", "customerlifetimevalue", "customerstatus"),
    *("cancelreason", "cancellation", "cancelledat", "canceledat", "canceldate", "terminat", "unsubscrib"),
    *("endedat", "enddate", "exitreason", "exitdate", "leavereason", "reasonforleaving", "leftat"),
    *("解約", "離反", "離脱", "退会", "チャーン", "生涯価値", "顧客生涯価値"),
)
_PARTS = ("churnscore", "churnvalue", "churnlabel", "churnflag", "churnreason", "cancelreason", "解約理由")
_OURS = frozenset(feature.name for feature in CATALOGUE)


@dataclass(frozen=True)
class Leak:
    """A feature that is not learned from; ``auc``: how well it alone ranks leavers, None if by its name."""

    feature: str
    auc: float | None = None

    def told(self, language: str = "en") -> str:
        """Return why it is refused and how to allow it, as a sentence without its end."""
        allow = f'[training] allow = ["{self.feature}"]'
        if language == "ja":
            why = (
                "名前から離反の結果と分かるため"
                if self.auc is None
                else f"単独で離反をほぼ言い当てるため（AUC {self.auc:.3f}）"
            )
            return f"「{self.feature}」は{why}学習に使いません（使う場合：{allow}）"
        why = (
            "by its name it was made from the outcome, or is known only of those who left"
            if self.auc is None
            else f"it alone tells those who left from the others (AUC {self.auc:.3f})"
        )
        return f"{self.feature} is refused as a leak: {why}; to learn from it all the same: {allow}"


def leaking(
    inputs: pd.DataFrame, churned: npt.ArrayLike, *, allowed: Collection[str] = ()
) -> tuple[Leak, ...]:
    """Return the columns of ``inputs`` that give the outcome away, in their order.

    ``inputs`` has a ``customer_id`` in its index, ``churned`` (rows,) is 0 or 1. A column is a leak by its
    name, unless it is a feature of the catalogue, or where it ranks rows of other customers with an AUC above
    ``LARGEST_AUC``, values that are missing among them: over all rows, or at the newest moment (``as_of`` in
    the index), where what became known of leavers afterwards is not yet known of those who leave later. At
    most 20,000 rows are looked at, evenly spread.
    ``allowed`` names columns that are let through. An attribute of several columns is a leak as a whole.
    """
    left = np.asarray(churned, dtype=np.float64)
    looks = [_spread(np.arange(len(inputs)))]
    if "as_of" in inputs.index.names:
        moment = inputs.index.get_level_values("as_of")
        looks.append(_spread(np.flatnonzero(moment == moment.max())))
    seen = np.unique(np.concatenate(looks))
    told = [
        np.searchsorted(seen, rows)
        for rows in looks
        if min(left[rows].sum(), (1.0 - left[rows]).sum()) >= FEWEST
    ]
    return tuple(_leaks(inputs.iloc[seen], left[seen], frozenset(map(plain, allowed)), told))


def is_named_like_a_leak(name: str) -> bool:
    """Return whether a column, by its name, was made from the outcome or is known only of those who left.

    >>> [is_named_like_a_leak(name) for name in ("Churn Score", "CLTV", "解約理由", "Contract", "churn_p")]
    [True, True, True, False, True]
    """
    letters = plain(name)
    return letters.startswith(_BEGINNINGS) or any(part in letters for part in _PARTS)


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).astype(np.int64))]


def _leaks(
    inputs: pd.DataFrame, left: np.ndarray, allowed: frozenset[str], looks: list[np.ndarray]
) -> Iterator[Leak]:
    customers = inputs.index.get_level_values("customer_id").to_numpy(dtype=object)
    fold = (pd.util.hash_array(customers, categorize=False) % FOLDS).astype(np.int64)
    refused: set[str] = set()
    for column in map(str, inputs.columns):
        name = attribute_of(column) or column
        if plain(name) in allowed or name in refused:
            continue
        by_name = name not in _OURS and is_named_like_a_leak(name)
        values = inputs[column].to_numpy(np.float64)
        told = () if by_name else (_auc_alone(values[rows], left[rows], fold[rows]) for rows in looks)
        auc = max(told, default=0.0)
        if by_name or auc > LARGEST_AUC:
            refused.add(name)
            yield Leak(name, None if by_name else auc)


def _said_of_others(values: np.ndarray, left: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return for each row how many left among the other fold's rows of about the same value."""
    cuts = np.linspace(0, 1, BINS + 1)[1:-1]
    edges = np.unique(np.quantile(values[~np.isnan(values)], cuts)) if not np.isnan(values).all() else cuts
    place = np.where(np.isnan(values), ABSENT, np.searchsorted(edges, values, side="left"))
    said = np.empty(len(values))
    for k in range(FOLDS):
        others = fold != k
        of_place = np.bincount(place[others], minlength=ABSENT + 1)
        left_there = np.bincount(place[others], weights=left[others], minlength=ABSENT + 1)
        rate = (left_there + left[others].mean()) / (of_place + 1.0)
        said[~others] = rate[place[~others]]
    return said


def _auc_alone(values: np.ndarray, left: np.ndarray, fold: np.ndarray) -> float:
    return _auc(_said_of_others(values, left, fold), left)


def _auc(said: np.ndarray, left: np.ndarray) -> float:
    """Return the share of pairs of a leaver and a stayer that ``said`` ranks rightly; ties count half."""
    leavers = left.sum()
    above = rankdata(said)[left == 1].sum() - leavers * (leavers + 1) / 2
    return float(above / (leavers * (len(left) - leavers)))
