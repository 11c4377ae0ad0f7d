"""What in the data makes a backtest say less than it seems to: looked for, and said in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from features.tables import Tables
from training.acquisition import Acquisition, Beginning, acquisition_of
from training.arrivals import Arrivals

__all__ = ["Finding", "findings", "late_by_days", "wholesale"]

WHOLESALE_TIMES = 100.0
WHOLESALE_SHARE = 0.10
USUAL_SHARE = 0.95
WEEK = 7
WEEKS_BEFORE = 8
THIN = 0.25


@dataclass(frozen=True)
class Finding:
    """``code`` for machines, and a sentence in English and in Japanese."""

    code: str
    text: str
    text_ja: str


def findings(tables: Tables, as_of: date, behaviour: pd.DataFrame, newest_end: date) -> list[Finding]:
    """Return what is found in the history at ``as_of``; ``behaviour``: the table of that day.

    ``newest_end``: the last day of the newest outcome that was judged.
    """
    first_day = tables.first_day(as_of) or as_of
    last_day = tables.last_day(as_of) or as_of
    arrivals = Arrivals.of(tables, first_day, last_day)
    found = (
        _unfinished(as_of, last_day),
        _late(tables, as_of, newest_end),
        _thin_end(arrivals, last_day),
        _beginning(acquisition_of(arrivals), first_day),
        wholesale(behaviour),
    )
    return [finding for finding in found if finding is not None]


def late_by_days(tables: Tables, as_of: date) -> int:
    """Return the days within which 95 % of the rows reached the business; 0 where no ``known_at`` says so."""
    rows = tables.history(as_of)
    delay = rows.known_day.delta(rows.day, unit="day").quantile(USUAL_SHARE).to_pyarrow().as_py()
    return max(0, int(np.ceil(delay or 0)))


def _unfinished(as_of: date, last_day: date) -> Finding | None:
    silent = (as_of - last_day).days
    if silent < WEEK:
        return None
    return Finding(
        "immature_window",
        f"The data end on {last_day}, {silent} days before {as_of}: outcomes are judged up to that day, and "
        "none later counts as over.",
        f"データは{last_day}で終わり、{as_of}の{silent}日前である。結果はその日までで評価し、それ以降に終わる期間は"
        "未完了として扱わない。",
    )


def _late(tables: Tables, as_of: date, newest_end: date) -> Finding | None:
    late = late_by_days(tables, as_of)
    last_day = tables.last_day(as_of) or as_of
    if late < 1 or last_day - newest_end >= timedelta(days=late):
        return None
    return Finding(
        "immature_window",
        f"One row in twenty reaches the business {late} days late or later: the newest outcome, up to "
        f"{newest_end}, may still fill, and churn in it look higher than it was.",
        f"20行に1行は{late}日以上遅れて届く。{newest_end}までの最新の結果はまだ増えることがあり、"
        "離反が実際より多く見えるおそれがある。",
    )


def _thin_end(arrivals: Arrivals, last_day: date) -> Finding | None:
    """Tell a file whose last week is not all there from the weeks before it."""
    orders = arrivals.first + arrivals.repeat
    if orders.size < (WEEKS_BEFORE + 1) * WEEK:
        return None
    weeks = orders[-(WEEKS_BEFORE + 1) * WEEK :].reshape(-1, WEEK).sum(axis=1)
    usual = float(np.median(weeks[:-1]))
    if weeks[-1] >= THIN * usual:
        return None
    begins = last_day - timedelta(days=WEEK - 1)
    return Finding(
        "immature_window",
        f"The week from {begins} holds {weeks[-1]:,.0f} orders where {usual:,.0f} are usual: if the file was "
        "cut before all of them were in, churn in the newest outcome looks higher than it was.",
        f"{begins}からの1週間の注文は{weeks[-1]:,.0f}件で、通常は{usual:,.0f}件。すべて揃う前に切り出されたファイルなら、"
        "最新の結果では離反が実際より多く見える。",
    )


def _beginning(acquisition: Acquisition, first_day: date) -> Finding | None:
    said = f"{acquisition.note[:1].upper()}{acquisition.note[1:]}."
    if acquisition.beginning is Beginning.ONE_COHORT:
        return Finding(
            "one_cohort",
            said,
            f"ほぼすべての顧客が{first_day}からの一時期に獲得された単一のコホートである。"
            "後から獲得した顧客については何も分からない。",
        )
    if acquisition.beginning is Beginning.MID_LIFE:
        return Finding(
            "mid_life",
            said,
            f"ファイルは店の歴史の途中から始まっているとみられる。{first_day}より前から買っていた顧客が"
            "新規顧客のように見え、実際より若く数えられている。",
        )
    return None


def wholesale(behaviour: pd.DataFrame) -> Finding | None:
    """Tell of customers so large that the revenue figures hang on them."""
    spend = behaviour["gross_spend"].to_numpy(np.float64)
    paid = spend[spend > 0]
    if not paid.size:
        return None
    large = paid[paid >= WHOLESALE_TIMES * np.median(paid)]
    share = float(large.sum() / paid.sum())
    if share < WHOLESALE_SHARE:
        return None
    who, whose = (
        ("1 customer", "1人") if large.size == 1 else (f"{large.size:,} customers", f"{large.size:,}人")
    )
    return Finding(
        "wholesale",
        f"{who} of {paid.size:,} spent {WHOLESALE_TIMES:.0f} times as much as the median one or more, "
        f"{share:.0%} of all: wholesale by their size. Gini, revenue deviance and bias hang on them.",
        f"{paid.size:,}人中{whose}の購入額が中央値の{WHOLESALE_TIMES:.0f}倍以上で、全体の{share:.0%}を占める。"
        "卸売規模の顧客であり、ジニ係数と金額の逸脱度・偏りは彼らに左右される。",
    )
