"""Why the mean score of one run differs from that of an earlier one: four parts that add up exactly.

Of the change of the mean churn probability,

- ``data``: the past was told otherwise. What each run's own model says of its own moment by today's data,
  less what was published then (of the earlier run; the opposite sign for the later one);
- ``mix``: customers who joined or left the base. Each base's mean less that of the customers in both;
- ``behaviour`` and ``model``, over the customers in both: with f for the models and x for the customers'
  behaviour, f₂(x₂) − f₁(x₁) is split by Shapley's rule, which does not ask which came first:
  behaviour = ½ [f₁(x₂) − f₁(x₁) + f₂(x₂) − f₂(x₁)], model = ½ [f₂(x₁) − f₁(x₁) + f₂(x₂) − f₁(x₂)].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = ["Answers", "Decomposition", "decomposed", "revised_features"]

SAME = 1e-9
VISIBLE = 0.01  # a score that moved by less than a percentage point tells nobody anything else


@dataclass(frozen=True)
class Answers:
    """Churn probabilities by customer_id, each base whole.

    ``published_first`` and ``published_second`` are what the runs published. By today's data,
    ``first_at_second`` is what the first run's model says of the second run's moment, and so on.
    """

    published_first: pd.Series[float]
    published_second: pd.Series[float]
    first_at_first: pd.Series[float]
    first_at_second: pd.Series[float]
    second_at_first: pd.Series[float]
    second_at_second: pd.Series[float]


@dataclass(frozen=True)
class Decomposition:
    """The mean score before and after, and the parts of its change, in probability.

    ``stayed``, ``joined`` and ``left`` count customers. ``revised_share``: of the first run's customers,
    those who by today's data have another score by a percentage point or more, or are not there.
    """

    before: float
    after: float
    behaviour: float
    model: float
    mix: float
    data: float
    stayed: int
    joined: int
    left: int
    revised_share: float

    @property
    def total(self) -> float:
        """The whole change: the sum of the four parts."""
        return self.after - self.before

    @property
    def parts(self) -> dict[str, float]:
        """The four parts by name, the largest first."""
        named = {name: float(getattr(self, name)) for name in ("behaviour", "model", "mix", "data")}
        return dict(sorted(named.items(), key=lambda part: -abs(part[1])))


def decomposed(said: Answers) -> Decomposition | None:
    """Return the parts of the change of the mean score; None where no customer is in both runs."""
    first, second = said.first_at_first, said.second_at_second
    both = first.index.intersection(second.index)
    if both.empty:
        return None
    s11, s12, s21, s22 = (
        float(one.loc[both].mean()) for one in (first, said.first_at_second, said.second_at_first, second)
    )
    then = said.published_first.reindex(first.index.union(said.published_first.index))
    moved = (then - first.reindex(then.index)).abs()
    return Decomposition(
        before=float(said.published_first.mean()),
        after=float(said.published_second.mean()),
        behaviour=(s12 - s11 + s22 - s21) / 2,
        model=(s21 - s11 + s22 - s12) / 2,
        mix=(float(second.mean()) - s22) - (float(first.mean()) - s11),
        data=float(first.mean() - said.published_first.mean())
        - float(second.mean() - said.published_second.mean()),
        stayed=len(both),
        joined=len(second) - len(both),
        left=len(first) - len(both),
        revised_share=float((moved.isna() | (moved > VISIBLE)).mean()),
    )


def revised_features(kept: pd.DataFrame, today: pd.DataFrame) -> dict[str, float]:
    """Return the share of customers of whom each feature is now told otherwise, the most first; 0 left out.

    Both are behaviour tables of one moment: as scored then, and by today's data. Only customers in both are
    compared, on the columns that both have.
    """
    a, b = (table.set_index("customer_id").drop(columns="as_of") for table in (kept, today))
    both, columns = a.index.intersection(b.index), a.columns.intersection(b.columns)
    x, y = (table.loc[both, columns].to_numpy(np.float64) for table in (a, b))
    same = np.isclose(x, y, rtol=SAME, atol=SAME, equal_nan=True)
    shares = pd.Series(1.0 - same.mean(axis=0) if len(both) else 0.0, columns)
    changed = shares[shares > 0].sort_values(ascending=False, kind="stable")
    return {str(name): float(share) for name, share in changed.items()}
