"""One letter for how far a backtest's forecasts can be trusted, and the rule behind it in plain words.

Hard to deceive: the worst moment counts, not the best; skill is measured against the constant that hindsight
makes best, and against models that anybody has; a ranking without calibration does not pass, nor a calibrated
forecast that tells nobody apart; one lucky moment stays one moment; and what is too good is taken for a leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from training.evaluate import Difference

__all__ = ["BETTER", "RULE", "RULE_JA", "Grade", "Record", "Trial", "graded"]

STANDARD_ERRORS = 2.0
TOO_GOOD_AUC = 0.98
GOOD_SKILL = 0.10
RANKING_TOLERANCE = 0.005
BETTER: Mapping[str, str] = MappingProxyType({"F": "D", "D": "C", "C": "B", "B": "A"})
"""The next better letter."""
RULE: Mapping[str, str] = MappingProxyType(
    {
        "A": "four moments or more whose outcomes do not overlap; the median skill is 10 % or more; log-loss "
        "is below the best peer's on average, and nowhere above it by more than two standard errors; the "
        "calibration error is at most .05 at the median moment and .10 at the worst; and customers were won "
        "all along",
        "B": "three such moments or more; skill is above zero by more than two standard errors at each; on "
        "average neither log-loss nor AUC is worse than the best peer's by more than two; the calibration "
        "error is at most .07 at the median moment and .15 at the worst; and no AUC reaches .98, which is "
        "nearly always a leak",
        "C": "two such moments or more; skill is above zero at the worst; the calibration error is at most "
        ".10 at the median moment",
        "D": "at the median moment, skill is above zero and leavers are ranked as well as by recency",
        "F": "anything else: the recency rule, or one rate for everybody, does as well",
    }
)
RULE_JA: Mapping[str, str] = MappingProxyType(
    {
        "A": "結果の期間が重ならない時点が4つ以上。スキルの中央値が10%以上。"
        "対数損失は平均で最良の競合より小さく、"
        "どの時点でも標準誤差の2倍を超えて劣らない。較正誤差は中央値の時点で.05以下、最悪の時点で.10以下。"
        "顧客が一時期に偏らず獲得されている",
        "B": "同じく3つ以上。スキルは毎回、標準誤差の2倍を超えて正。対数損失もAUCも、平均で最良の競合より"
        "標準誤差の2倍を超えて劣らない。較正誤差は中央値の時点で.07以下、最悪の時点で.15以下。"
        "AUCが.98に達しない(達すればほぼ確実に情報漏れ)",
        "C": "同じく2つ以上。最悪の時点でもスキルが正。較正誤差は中央値の時点で.10以下",
        "D": "中央値の時点でスキルが正で、離反者の順位づけが最終購入日の規則に劣らない",
        "F": "それ以外。最終購入日の規則や、全員一律の率と変わらない",
    }
)


class Trial(NamedTuple):
    """One moment of a backtest, in what the rule asks about.

    ``skill``: 1 less log-loss over that of the best constant; ``skill_error``: its standard error. ``ece``,
    ``auc``, ``recency_auc``. ``log_loss`` and ``ranking`` (AUC): ours less the best peer's.
    """

    skill: float
    skill_error: float
    ece: float
    auc: float
    recency_auc: float
    log_loss: Difference
    ranking: Difference


class Record(NamedTuple):
    """All of a backtest that the rule asks about.

    ``disjoint``: how many of the trials' outcomes do not overlap. ``log_loss`` and ``ranking``: ours less the
    best peer's, averaged over the moments. ``won_all_along``: customers are no single cohort.
    """

    trials: tuple[Trial, ...]
    disjoint: int
    log_loss: Difference
    ranking: Difference
    won_all_along: bool


class Need(NamedTuple):
    """What a letter asks for, whether it is met, and what was found, in two languages."""

    letter: str
    met: bool
    found: str
    found_ja: str


@dataclass(frozen=True)
class Grade:
    """``letter``, A to F, and ``short_of``: what was found where the next better letter asks for more."""

    letter: str
    short_of: tuple[str, ...] = ()
    short_of_ja: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return it, and its rule, as JSON's own types."""
        return {
            "letter": self.letter,
            "rule": RULE[self.letter],
            "rule_ja": RULE_JA[self.letter],
            "short_of": list(self.short_of),
            "short_of_ja": list(self.short_of_ja),
        }


def graded(record: Record) -> Grade:
    """Return the best letter of which everything asked for is met, that of the letters below it included."""
    needs = [*_of_moments(record), *_of_calibration(record), *_of_skill(record), *_of_peers(record)]
    for letter, better in BETTER.items():
        unmet = [need for need in needs if need.letter == better and not need.met]
        if unmet:
            return Grade(letter, tuple(need.found for need in unmet), tuple(need.found_ja for need in unmet))
    return Grade("A")


def _of_moments(record: Record) -> Iterator[Need]:
    for letter, least in (("C", 2), ("B", 3), ("A", 4)):
        yield Need(
            letter,
            record.disjoint >= least,
            f"{record.disjoint} of {least} moments whose outcomes do not overlap",
            f"結果の期間が重ならない時点は{record.disjoint}つ(必要数{least})",
        )
    yield Need(
        "A",
        record.won_all_along,
        "one acquisition cohort: of customers won later nothing is known",
        "単一の獲得コホート:後から獲得した顧客については何も分からない",
    )


def _of_calibration(record: Record) -> Iterator[Need]:
    ece = np.array([trial.ece for trial in record.trials])
    middle, worst = float(np.median(ece)), float(ece.max())
    for letter, most, at_worst in (("C", 0.10, 1.0), ("B", 0.07, 0.15), ("A", 0.05, 0.10)):
        yield Need(
            letter,
            middle <= most and worst <= at_worst,
            f"calibration error {middle:.3f} at the median moment, {worst:.3f} at the worst",
            f"較正誤差は中央値の時点で{middle:.3f}、最悪の時点で{worst:.3f}",
        )


def _of_skill(record: Record) -> Iterator[Need]:
    skill = np.array([trial.skill for trial in record.trials])
    middle, worst = float(np.median(skill)), float(skill.min())
    surest = min(trial.skill - STANDARD_ERRORS * trial.skill_error for trial in record.trials)
    best_auc = max(trial.auc for trial in record.trials)
    at_middle, at_middle_ja = (
        f"skill {middle:+.1%} at the median moment",
        f"中央値の時点のスキル{middle:+.1%}",
    )
    yield Need("D", middle > 0, at_middle, at_middle_ja)
    yield Need("C", worst > 0, f"skill {worst:+.1%} at the worst moment", f"最悪の時点のスキル{worst:+.1%}")
    yield Need(
        "B",
        surest > 0,
        f"skill less two standard errors {surest:+.1%} at the least sure moment",
        f"標準誤差の2倍を引いたスキルは、最も不確かな時点で{surest:+.1%}",
    )
    yield Need(
        "B",
        best_auc < TOO_GOOD_AUC,
        f"AUC {best_auc:.3f} at one moment: look for a leak",
        f"ある時点でAUCが{best_auc:.3f}:情報漏れを疑うべき",
    )
    yield Need("A", middle >= GOOD_SKILL, at_middle, at_middle_ja)


def _of_peers(record: Record) -> Iterator[Need]:
    log_loss, ranking = record.log_loss, record.ranking
    over_recency = float(np.median([trial.auc - trial.recency_auc for trial in record.trials]))
    worst = max(
        trial.log_loss.difference - STANDARD_ERRORS * trial.log_loss.standard_error for trial in record.trials
    )
    yield Need(
        "D",
        over_recency >= -RANKING_TOLERANCE,
        f"AUC {over_recency:+.3f} against the recency rule's at the median moment",
        f"中央値の時点のAUCは最終購入日の規則に対して{over_recency:+.3f}",
    )
    yield Need(
        "B",
        log_loss.difference <= STANDARD_ERRORS * log_loss.standard_error
        and -ranking.difference <= STANDARD_ERRORS * ranking.standard_error,
        f"log-loss {log_loss.difference:+.4f} and AUC {ranking.difference:+.4f} on average against the best "
        "peer's",
        f"最良の競合に対し平均で対数損失{log_loss.difference:+.4f}、AUC{ranking.difference:+.4f}",
    )
    yield Need(
        "A",
        log_loss.difference < 0,
        f"log-loss {log_loss.difference:+.4f} on average against the best peer's",
        f"最良の競合に対し平均で対数損失{log_loss.difference:+.4f}",
    )
    yield Need(
        "A",
        worst <= 0,
        f"log-loss above the best peer's at a moment, by {worst:.4f} more than two standard errors",
        f"ある時点で対数損失が最良の競合を、標準誤差の2倍より{worst:.4f}多く上回る",
    )
