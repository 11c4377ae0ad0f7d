"""What is said of a backtest, and how its figures are shown, in English and Japanese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from training.backtested import NORMAL_95, Backtest, Judged
from training.evaluate import OURS, Difference
from training.metrics import METRICS
from training.panel import Method
from training.peers import BASE_RATE

__all__ = [
    "CHURN",
    "COMPARED",
    "MOMENT_HEADS",
    "NAMES",
    "SEGMENT_HEADS",
    "VALUE",
    "WORDS",
    "Language",
    "asked",
    "difference",
    "learned_by",
    "measure",
    "method",
    "moment_cells",
    "segment_cells",
    "worth_knowing",
]

Language = Literal["en", "ja"]
NAMES = {
    "auc": "AUC",
    "pr_auc": "PR-AUC",
    "log_loss": "Log-loss",
    "brier": "Brier",
    "ece": "ECE",
    "lift_5": "Lift 5%",
    "lift_10": "10%",
    "lift_20": "20%",
    "gini": "Gini",
    "spearman": "Spearman",
    "deviance_orders": "Orders dev.",
    "deviance_revenue": "Revenue dev.",
    "decile_error": "Tenths",
    "bias_orders": "Orders bias",
    "bias_revenue": "Revenue bias",
}
CHURN = ("auc", "pr_auc", "log_loss", "brier", "ece", "lift_5", "lift_10", "lift_20")
VALUE = (
    "gini",
    "spearman",
    "deviance_orders",
    "deviance_revenue",
    "decile_error",
    "bias_orders",
    "bias_revenue",
)
COMPARED = ("auc", "log_loss", "gini", "deviance_orders", "deviance_revenue")
MOMENT_HEADS = ("customers", "left", "auc", "log_loss", "best_peer", "ece", "gini", "bias", "skill")
SEGMENT_HEADS = ("customers", "left", "expected", "auc", "bias")
WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "title": "Backtest",
        "asked": "{horizon} days after each of {n} moments, {first} to {last}, by what is known on {as_of}",
        "grade": "Grade of the churn forecasts:",
        "short_of": "Short of {letter}:",
        "churn": "Who leaves: averages over the moments",
        "value": "Who is worth what: averages over the moments",
        "against": "Joren less each peer, ± a 95 % interval",
        "moments": "Moment by moment",
        "segments": "By segment, all moments together",
        "worth_knowing": "Worth knowing",
        "how": "How it was done",
        "rule": "What the letters mean",
        "files": "Files",
        "moment": "Moment",
        "segment": "Segment",
        "model": "Model",
        "peer": "Peer",
        "customers": "Customers",
        "left": "Left",
        "expected": "Expected",
        "best_peer": "Best peer's",
        "auc": "AUC",
        "log_loss": "Log-loss",
        "ece": "ECE",
        "gini": "Gini",
        "bias": "Revenue bias",
        "skill": "Skill",
        "method": "Method",
        "worst": "worst",
        "passed_over": "{moment} tells nothing: {why}",
        "spaced": "the moments stand {why}; those whose outcomes do not overlap: {disjoint}",
        "intervals": "intervals draw whole customers anew, with every moment they stand at; what another "
        "season would change, only the moments tell",
        "skill_is": "skill is 1 less log-loss over that of one rate for all, the one that proved right",
    },
    "ja": {
        "title": "バックテスト",
        "asked": "{first}から{last}までの{n}時点それぞれの後の{horizon}日間({as_of}に知られていることで評価)",
        "grade": "離反予測の評点:",
        "short_of": "{letter}に足りないもの:",
        "churn": "誰が離れるか:全時点の平均",
        "value": "誰がいくらの価値か:全時点の平均",
        "against": "Jorenから各競合を引いた差(±95%区間)",
        "moments": "時点ごと",
        "segments": "セグメント別(全時点)",
        "worth_knowing": "知っておくべきこと",
        "how": "方法",
        "rule": "評点の意味",
        "files": "ファイル",
        "moment": "時点",
        "segment": "セグメント",
        "model": "モデル",
        "peer": "競合",
        "customers": "顧客数",
        "left": "離反",
        "expected": "予測",
        "best_peer": "最良の競合",
        "auc": "AUC",
        "log_loss": "対数損失",
        "ece": "ECE",
        "gini": "ジニ係数",
        "bias": "金額の偏り",
        "skill": "スキル",
        "method": "学習方法",
        "worst": "最悪",
        "passed_over": "{moment}は評価できない:{why}",
        "spaced": "時点の間隔:{why}。うち{disjoint}時点は結果の期間が重ならない",
        "intervals": "区間は顧客単位の再抽出による(同じ顧客の全時点をまとめて引く)。"
        "季節の違いは時点間の差にのみ表れる",
        "skill_is": "スキルは、後から見て正しかった一律の率に対する対数損失の減少率",
    },
}
METHODS_JA = {
    Method.LIFETIME_VALUE_ONLY: "顧客価値モデルのみ",
    Method.SHORTER_HORIZON: "より短い期間で学習し、顧客価値モデルで延長",
    Method.CROSS_FITTED: "顧客を分けて学習（時点は分けない）",
    Method.OUT_OF_TIME: "時点を分けて学習",
}


def measure(name: str, value: float | None) -> str:
    """Return a measure as it is shown; a dash where there is none."""
    if value is None:
        return "–"
    return f"{value:+.1%}" if METRICS[name].better == "zero" else f"{value:.3f}"


def difference(told: Difference | None) -> str:
    """Return a difference with its 95 % interval; a dash where there is none.

    >>> difference(Difference(-0.0066, 0.0014))
    '-0.007 ±0.003'
    """
    return "–" if told is None else f"{told.difference:+.3f} ±{NORMAL_95 * told.standard_error:.3f}"


def moment_cells(judged: Judged) -> dict[str, str]:
    """Return what is shown of one moment, by `MOMENT_HEADS`."""
    metrics = judged.evaluation.metrics
    ours = metrics[OURS]
    rivals = [peer for peer in judged.differences if "log_loss" in metrics[peer]]
    best = min(
        (peer for peer in rivals if peer != BASE_RATE or len(rivals) == 1),
        key=lambda peer: metrics[peer]["log_loss"],
    )
    return {
        "customers": f"{judged.evaluation.customers:,}",
        "left": f"{judged.evaluation.predictions['churned'].mean():.1%}",
        "auc": measure("auc", ours.get("auc")),
        "log_loss": measure("log_loss", ours.get("log_loss")),
        "best_peer": measure("log_loss", metrics[best]["log_loss"]),
        "ece": measure("ece", ours.get("ece")),
        "gini": measure("gini", ours.get("gini")),
        "bias": measure("bias_revenue", ours.get("bias_revenue")),
        "skill": f"{judged.skill:.1%}",
    }


def learned_by(judged: Judged, language: Language = "en") -> str:
    """Return the method that the history before a moment allowed."""
    return METHODS_JA[Method(judged.method)] if language == "ja" else judged.method


def segment_cells(measured: Mapping[str, float]) -> dict[str, str]:
    """Return what is shown of one segment, by `SEGMENT_HEADS`."""
    return {
        "customers": f"{measured['customers']:,.0f}",
        "left": f"{measured['churned_share']:.1%}",
        "expected": f"{measured['expected_share']:.1%}",
        "auc": measure("auc", measured.get("auc")),
        "bias": measure("bias_revenue", measured.get("bias_revenue")),
    }


def asked(backtest: Backtest, language: Language = "en") -> str:
    """Return what was asked of the past, in a line."""
    return WORDS[language]["asked"].format(
        horizon=backtest.horizon_days,
        n=len(backtest.moments),
        first=backtest.moments[-1].moment,
        last=backtest.moments[0].moment,
        as_of=backtest.as_of,
    )


def worth_knowing(backtest: Backtest, language: Language = "en") -> list[str]:
    """Return the findings, and the moments that were passed over, in sentences."""
    words = WORDS[language]
    said = [one.text if language == "en" else one.text_ja for one in backtest.findings]
    over = [words["passed_over"].format(moment=day, why=why) for day, why in backtest.passed_over.items()]
    return [*said, *over]


def method(backtest: Backtest, language: Language = "en") -> list[str]:
    """Return how it was done, in sentences."""
    words = WORDS[language]
    spaced = words["spaced"].format(
        why=backtest.asked.why if language == "en" else backtest.asked.why_ja, disjoint=backtest.disjoint
    )
    return [spaced, words["intervals"], words["skill_is"]]
