"""The features of surveys, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.feedback import DETRACTOR_UP_TO
from features.catalogue.feature import Feature
from features.contract import SCALES

__all__ = ["FEEDBACK"]

_NO_ANSWER = ("no survey answer recorded", "アンケートの回答記録なし")
_NEVER_ASKED = ("no survey recorded", "アンケートの記録なし")

_SURVEYS = (
    Feature(
        "survey_answers",
        "answers",
        "surveys",
        "surveys answered, of every kind",
        "アンケートの累計回答数（全種類）",
        "{survey_answers} so far",
        "これまでのアンケート回答は{survey_answers}",
        *_NO_ANSWER,
        zero_without_rows=True,
    ),
    Feature(
        "unanswered_survey_share",
        "share",
        "surveys",
        "surveys not answered, of those sent",
        "未回答のアンケートの割合",
        "{unanswered_survey_share} of the surveys left unanswered",
        "アンケートの{unanswered_survey_share}が未回答",
        *_NEVER_ASKED,
    ),
    Feature(
        "last_survey_unanswered",
        "silence",
        "surveys",
        "1: the last survey was not answered; 0: it was",
        "直近のアンケートが未回答なら1、回答済みなら0",
        "the last survey was {last_survey_unanswered}",
        "直近のアンケートは{last_survey_unanswered}",
        *_NEVER_ASKED,
    ),
    Feature(
        "days_since_last_answer",
        "days",
        "surveys",
        "days since a survey was last answered",
        "最後のアンケート回答からの日数",
        "last survey answer {days_since_last_answer} ago",
        "最後のアンケート回答は{days_since_last_answer}前",
        *_NO_ANSWER,
    ),
    Feature(
        "nps_detractor",
        "detractor",
        "nps",
        f"1: the last NPS answer is {DETRACTOR_UP_TO} or less; 0: it is more",
        f"直近のNPSが{DETRACTOR_UP_TO}以下なら1、それより上なら0",
        "{nps_detractor} by the last NPS answer, {last_nps}",
        "直近のNPSは{last_nps}で{nps_detractor}",
        "no NPS answer recorded",
        "NPSの回答記録なし",
    ),
)

_OF_KINDS = tuple(
    feature
    for kind, (lowest, highest) in SCALES.items()
    for name, without in (
        (kind.upper(), (f"no {kind.upper()} answer recorded", f"{kind.upper()}の回答記録なし")),
    )
    for feature in (
        Feature(
            f"last_{kind}",
            "rating",
            kind,
            f"the last {name} answer, {lowest} to {highest}",
            f"直近の{name}（{lowest}～{highest}）",
            f"last {name} answer {{last_{kind}}}",
            f"直近の{name}は{{last_{kind}}}",
            *without,
        ),
        Feature(
            f"mean_{kind}",
            "rating",
            kind,
            f"mean of the {name} answers",
            f"{name}の平均",
            f"{name} answers {{mean_{kind}}} on average",
            f"{name}は平均{{mean_{kind}}}",
            *without,
        ),
        Feature(
            f"lowest_{kind}",
            "rating",
            kind,
            f"the lowest {name} answer",
            f"{name}の最低値",
            f"lowest {name} answer {{lowest_{kind}}}",
            f"{name}の最低は{{lowest_{kind}}}",
            *without,
        ),
        Feature(
            f"{kind}_trend",
            "rating change",
            kind,
            f"the last {name} answer less the mean of those before it; null below two",
            f"直近の{name}とそれ以前の平均との差（2回以上の場合）",
            f"last {name} answer {{last_{kind}}}, {{{kind}_trend}} against those before",
            f"直近の{name}は{{last_{kind}}}（以前との差{{{kind}_trend}}）",
            f"fewer than two {name} answers recorded",
            f"{name}の回答記録は2回未満",
        ),
    )
)

FEEDBACK = tuple(
    replace(feature, family="feedback", needs=("surveys",)) for feature in (*_SURVEYS, *_OF_KINDS)
)
