"""The sentences of the monitoring's report, by language."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["TEXTS"]

_EN = {
    "title": "Is the model still good?",
    "about": (
        "Run {run}, as of {as_of}: {customers:,} customers, scored by the model {version}, which learned "
        "from what was known by {trained}. Features and scores are held against the newest moment that it "
        "learned from, {reference}."
    ),
    "alerts": "Alerts",
    "no_alert": "Nothing moved beyond its limit.",
    "seasonal_found": (
        "Seasonal, and no alert, since they lay the same way a year before ({year}): {names}."
    ),
    "feature": "{subject} moved: PSI {value}, limit {limit}",
    "unknown_share": (
        "{subject} is unknown for another share of the customers than in training: {value}, limit {limit}"
    ),
    "score_drift": "The churn probabilities moved: PSI {value}, limit {limit}",
    "scores": "Scores",
    "category": "{subject}: its categories are of other shares: PSI {value}, limit {limit}",
    "new_category": "{subject} was not there in training: {value} of the customers of late, limit {limit}",
    "ranking": "Run {subject} ranked worse than its own scores promised: AUC {value}, alarm below {limit}",
    "calibration": "Run {subject}: stated and realised churn lie {value} apart on average, limit {limit}",
    "past": (
        "The past was told otherwise: by today's data, {value} of the customers of run {subject} have "
        "another score (limit {limit})"
    ),
    "features": "Features",
    "psi": (
        "PSI: how differently a feature is spread now and at the reference. Limit: the alert's, with what "
        "chance and habit allow. Usual: the most that it moved in as much time before. Year ago: now "
        "against {year}."
    ),
    "no_year": "the same days a year earlier (not on record)",
    "movement_columns": "Feature|Verdict|PSI|Limit|Usual|Year ago|Unknown",
    "steady": "steady",
    "seasonal": "seasonal",
    "moved": "moved",
    "missing": "missing",
    "unjudged": "not judged: history is too short",
    "categories": "Categories",
    "new_columns": "Column|New category|Customers|Share",
    "realised": "What came",
    "realised_columns": (
        "Run|Customers|Churn: said → came|AUC: promised → came|Log-loss: promised → came|ECE"
    ),
    "promised": (
        "Promised: what the probabilities themselves let one expect, if they are right. A run that comes "
        "short of its own promise has learned something that no longer holds."
    ),
    "due": "Published runs that wait for the end of their horizon: {n}, the first until {due}.",
    "movement": "Why the scores moved",
    "no_movement": "No earlier run of another moment or model can be compared with.",
    "moved_by": (
        "Mean churn probability {before:.1%} → {after:.1%} ({total:+.2f} points), from run {first} "
        "({first_as_of}) to run {second} ({second_as_of}). The parts add up to the whole."
    ),
    "part_columns": "Part|What it is|Points",
    "behaviour": "Behaviour",
    "behaviour_means": "the {parts.stayed:,} customers in both runs did other things",
    "model": "Model",
    "model_means": "another model looks at the same customers",
    "mix": "Mix",
    "mix_means": "{parts.joined:,} customers joined, {parts.left:,} are not there any more",
    "data": "Data",
    "data_means": "the past is told otherwise today than when it was scored",
    "by_feature": (
        "Features behind it, for the customers in both runs, by the later run's model: what each adds to "
        "the mean log-odds of leaving."
    ),
    "feature_columns": "Feature|Log-odds",
    "revised_unknown": (
        "What run {run} had scored is not kept any more, so which columns changed is not known."
    ),
    "revised_nothing": "Today's data tell the features of {as_of} as they were told then.",
    "revised": (
        "By today's data, {n} features of {as_of} differ from what was scored then (share of customers): "
        "{told}."
    ),
    "reading": "How to read it",
    "how": (
        "A feature is an alert where PSI exceeds {limits.psi:g}, or twice what is usual if that is more, "
        "by more than chance explains: at most one false alarm in a hundred reports, were nothing to "
        "move.\n"
        "A feature's unknown share is an alert beyond {limits.missing_share:.0%} more or less than in "
        "training, a new category from {limits.new_category_share:.0%} of the customers on.\n"
        "Outcomes are an alert where AUC falls more than {limits.auc_drop:g} short of the promise, or the "
        "calibration error exceeds {limits.calibration_error:.0%}, chance taken off.\n"
        "What lay the same way a year before is called seasonal.\n"
        "The limits are those of [monitor] in joren.toml."
    ),
}
_JA = {
    "title": "モデルは今も使えるか",
    "about": (
        "実行 {run}（基準日 {as_of}）：お客様 {customers:,} 人。スコアを付けたモデルは {version}、学習に使"
        "ったのは {trained} までに分かっていたことです。特徴量とスコアは、学習した最も新しい時点 "
        "{reference} と比べます。"
    ),
    "alerts": "警告",
    "no_alert": "限度を超えて動いたものはありません。",
    "seasonal_found": "一年前（{year}）も同じ分布だったため、季節による動きとし、警告しません：{names}",
    "feature": "{subject} の分布が変わりました：PSI {value}、限度 {limit}",
    "unknown_share": "{subject} が空のお客様の割合が、学習時と違います：{value}、限度 {limit}",
    "score_drift": "離反確率の分布が変わりました：PSI {value}、限度 {limit}",
    "scores": "スコア",
    "category": "{subject}：区分の割合が変わりました：PSI {value}、限度 {limit}",
    "new_category": "{subject} は学習時になかった区分です：最近のお客様の {value}、限度 {limit}",
    "ranking": (
        "実行 {subject} の順位付けは、スコア自身の約束を下回りました：AUC {value}、警告は {limit} 未満"
    ),
    "calibration": "実行 {subject}：予測した離反率と実際の離反率が平均 {value} ずれています（限度 {limit}）",
    "past": (
        "過去のデータが書き換わりました：今日のデータでは、実行 {subject} のお客様の {value} でスコアが変わ"
        "ります（限度 {limit}）"
    ),
    "features": "特徴量",
    "psi": (
        "PSI：学習時点と今とで分布がどれだけ違うか。限度：偶然と普段の動きを見込んだ警告の境。普段：同じ長"
        "さの過去の期間で最も大きかった動き。一年前：今と {year} との違い。"
    ),
    "no_year": "前年の同じ時期（記録なし）",
    "movement_columns": "特徴量|判定|PSI|限度|普段|一年前|空の割合",
    "steady": "安定",
    "seasonal": "季節による動き",
    "moved": "変化",
    "missing": "欠損",
    "unjudged": "判定なし（履歴が短い）",
    "categories": "区分",
    "new_columns": "列|新しい区分|人数|割合",
    "realised": "実際の結果",
    "realised_columns": "実行|人数|離反率：予測 → 実績|AUC：約束 → 実績|対数損失：約束 → 実績|ECE",
    "promised": (
        "約束：確率が正しいとすれば、確率自身から見込まれる値。これを下回る実行は、もう成り立たないことを学"
        "んでいます。"
    ),
    "due": "公開済みの {n} 件の実行は、予測期間の終わりを待っています。最初の期日は {due} です。",
    "movement": "スコアが動いた理由",
    "no_movement": "比べられる、別の時点または別のモデルの実行がありません。",
    "moved_by": (
        "離反確率の平均 {before:.1%} → {after:.1%}（{total:+.2f} ポイント）。実行 {first}（{first_as_of}）"
        "から 実行 {second}（{second_as_of}）まで。内訳の合計は全体に一致します。"
    ),
    "part_columns": "内訳|内容|ポイント",
    "behaviour": "行動",
    "behaviour_means": "両方の実行にいる {parts.stayed:,} 人の行動の変化",
    "model": "モデル",
    "model_means": "同じお客様を別のモデルで見た違い",
    "mix": "顔ぶれ",
    "mix_means": "新しいお客様 {parts.joined:,} 人、いなくなったお客様 {parts.left:,} 人",
    "data": "データ",
    "data_means": "スコアを付けた時と今日とで、過去のデータが違う",
    "by_feature": (
        "両方の実行にいるお客様について、後の実行のモデルで見た特徴量ごとの寄与（離反の対数オッズの平均の変"
        "化）："
    ),
    "feature_columns": "特徴量|対数オッズ",
    "revised_unknown": "実行 {run} の特徴量はもう保存されていないため、どの列が変わったかは分かりません。",
    "revised_nothing": "{as_of} 時点の特徴量は、今日のデータでも当時と同じです。",
    "revised": "今日のデータでは、{as_of} 時点の {n} 個の特徴量が当時と違います（お客様の割合）：{told}",
    "reading": "読み方",
    "how": (
        "PSI が {limits.psi:g}（普段の動きの2倍の方が大きければそちら）を、偶然で説明できる以上に超えた特徴"
        "量を警告します。何も動いていなければ、誤った警告は百回に一回以下です。\n"
        "空の割合は学習時から {limits.missing_share:.0%} を超える増減、新しい区分はお客様の "
        "{limits.new_category_share:.0%} から警告します。\n"
        "結果は、AUC が約束を {limits.auc_drop:g} より大きく下回るか、校正誤差が "
        "{limits.calibration_error:.0%} を超えると警告します（偶然の分を除く）。\n"
        "一年前も同じ分布だったものは「季節による動き」とします。\n"
        "限度は joren.toml の [monitor] で変えられます。"
    ),
}
TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _EN, "ja": _JA})
