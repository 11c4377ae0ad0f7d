"""How long a silence is to mean that a customer has left: advice from the customers' own gaps.

Too short a horizon calls those gone who are only between two orders; too long a one leaves those who have
gone unnoticed, and little history to learn from. The advice is the shortest whole number of weeks within
which nine of ten returns have come, unless the history is too short to be tried on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from features.histories import purchase_histories
from features.tables import Tables
from training.errors import ModelInputError, NotEnoughDataError
from training.panel import Method, days_known, method_for
from training.silences import Silences

__all__ = ["Advice", "Candidate", "advise"]

WEEK = 7
SHORTEST_DAYS, LONGEST_DAYS = 14, 364
CANDIDATES_DAYS = (14, 28, 56, 91, 126, 182, 273, 364)
RETURNED = 0.9
WORDS = {
    "en": {
        "chosen": "{share:.0%} of the customers who come back at all are back within {days} days of their "
        "last order, each counted once however often they buy; no shorter whole number of weeks does that "
        "for {wanted:.0%}",
        "floor": "{share:.0%} of the customers who come back at all are back within {days} days; nothing "
        "shorter is advised: there would be too little time to act",
        "short": "{wanted:.0%} of the returns take {needed} days, but the history of {history:,} days leaves "
        "two outcomes to learn from and be judged on only up to {days}: within those, {share:.0%} have come",
        "long": "{wanted:.0%} of the returns take longer than {days} days, {share:.0%} that long: a year is "
        "the longest advised",
        "after": "of those silent for {days} days, {after:.0%} still come back later, as far as the history "
        "shows ({longest:,} days)",
        "own": "{own:.0%} of the {regulars:,} who have come back do so, on their own average, every {days} "
        "days or sooner",
        "cost": "a customer who keeps buying spends {spend:,.2f} {currency} in {days} days: that much passes "
        "before one who left is known to have",
    },
    "ja": {
        "chosen": "再来店する顧客の{share:.0%}は最後の注文から{days}日以内に戻る(購入頻度によらず一人一票)。"
        "{wanted:.0%}に届く最短の週数である",
        "floor": "再来店する顧客の{share:.0%}は{days}日以内に戻る。これより短いと手を打つ時間がない",
        "short": "再来店の{wanted:.0%}には{needed}日かかるが、{history:,}日の履歴で"
        "学習と評価の結果が二つ取れるのは{days}日まで。その間に{share:.0%}が戻る",
        "long": "再来店の{wanted:.0%}は{days}日では足りない({share:.0%})。一年を超える期間は勧めない",
        "after": "{days}日間沈黙した顧客のうち{after:.0%}は、履歴の範囲({longest:,}日)でその後戻る",
        "own": "再来店した{regulars:,}人のうち{own:.0%}は、自身の平均間隔が{days}日以下",
        "cost": "買い続ける顧客は{days}日間に{spend:,.2f} {currency}を使う。"
        "離反が分かるまでにそれだけが過ぎる",
    },
}


@dataclass(frozen=True)
class Candidate:
    """What a horizon of ``days`` would mean.

    ``returned``: the share of all returns that have come by then; ``return_after``: of those silent so long,
    the share who come back later; ``own_within``: of the repeat buyers, the share whose own mean gap is no
    longer; ``spend``: what one who keeps buying spends in the time, in currency units; ``method``: what the
    history allows.
    """

    days: int
    returned: float
    return_after: float
    own_within: float
    spend: float
    method: Method


@dataclass(frozen=True)
class Advice:
    """The horizon advised, and why, beside others; ``silences`` is what it rests on."""

    as_of: date
    currency: str
    advised: Candidate
    candidates: tuple[Candidate, ...]
    why: tuple[str, ...]
    why_ja: tuple[str, ...]
    silences: Silences

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return {
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.advised.days,
            "why": list(self.why),
            "why_ja": list(self.why_ja),
            "customers": self.silences.customers,
            "came_back": self.silences.returned,
            "longest_silence_days": self.silences.longest_days,
            "currency": self.currency,
            "advised": asdict(self.advised),
            "candidates": [asdict(one) for one in self.candidates],
        }


def advise(tables: Tables, as_of: date) -> Advice:
    """Advise a horizon from the history at ``as_of``.

    Raises ``NotEnoughDataError`` where too few came back, or nothing can be tried on so short a history;
    ``ModelInputError`` where customers have contracts: they leave by ending them, not by silence.
    """
    if tables.contract:
        raise ModelInputError(
            "With contracts nobody has to guess from silence who has left.",
            mend="Take for horizon_days how far ahead an offer must know: a billing period, or the notice.",
        )
    silences = Silences.of(tables, as_of)
    days = days_known(tables, as_of, SHORTEST_DAYS)
    spend = _spend_per_day(tables, as_of)
    weeks = range(SHORTEST_DAYS, LONGEST_DAYS + 1, WEEK)
    wanted = next((h for h in weeks if silences.returned_within(h) >= RETURNED), LONGEST_DAYS)
    tried = [h for h in weeks if _method(days, h) is Method.OUT_OF_TIME]
    if not tried:
        raise NotEnoughDataError(
            f"The history of {(days[-1] - days[0]).days + 1:,} days is too short to advise a horizon from.",
            mend=f"Two outcomes of {SHORTEST_DAYS} days after four weeks of history are needed.",
        )
    chosen = min(wanted, tried[-1])

    def candidate(horizon_days: int) -> Candidate:
        return Candidate(
            horizon_days,
            silences.returned_within(horizon_days),
            silences.return_after(horizon_days),
            silences.own_within(horizon_days),
            spend * horizon_days,
            _method(days, horizon_days),
        )

    advised = candidate(chosen)
    shown = [h for h in CANDIDATES_DAYS if h <= silences.longest_days]
    told = {
        "days": advised.days,
        "share": advised.returned,
        "wanted": RETURNED,
        "needed": wanted,
        "history": (days[-1] - days[0]).days + 1,
        "after": advised.return_after,
        "longest": silences.longest_days,
        "own": advised.own_within,
        "regulars": silences.returned,
        "spend": advised.spend,
        "currency": "" if tables.currency == "XXX" else tables.currency,
    }
    why, why_ja = (
        tuple(words[name].format(**told) for name in (_reason(advised, wanted), "after", "own", "cost"))
        for words in WORDS.values()
    )
    return Advice(
        as_of,
        tables.currency,
        advised,
        tuple(candidate(h) for h in sorted({*shown, chosen})),
        why,
        why_ja,
        silences,
    )


def _reason(advised: Candidate, wanted: int) -> str:
    """Return which sentence says why; ``wanted``: the days that the customers alone would ask for."""
    if advised.days < wanted:
        return "short"
    if advised.returned < RETURNED:
        return "long"
    return "floor" if advised.days == SHORTEST_DAYS else "chosen"


def _method(days: Sequence[date], horizon_days: int) -> Method:
    return method_for(days[0], days[-1], horizon_days)


def _spend_per_day(tables: Tables, as_of: date) -> float:
    """Return what repeat buyers spend a day between their first order and their last, in currency units."""
    known = purchase_histories(tables, as_of)
    again = known.filter(known.x > 0)
    sums = again.aggregate(spend=again.gross.sum() - again.first_gross.sum(), days=again.t_x.sum())
    row = sums.to_pyarrow().to_pylist()[0]
    return float(row["spend"] or 0) / float(row["days"] or 1)
