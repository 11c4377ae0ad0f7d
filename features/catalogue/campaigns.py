"""The features of offers, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.campaigns import ANSWER_DAYS, OFFER_WINDOW_DAYS
from features.catalogue.feature import Feature

__all__ = ["CAMPAIGNS"]

_NO_OFFER = ("no offer recorded", "オファー送付の記録なし")

_OFFERS = (
    Feature(
        "offers",
        "offers",
        "offers",
        "offers sent, ever",
        "累計オファー送付数",
        "{offers} sent so far",
        "これまでのオファー送付は{offers}",
        *_NO_OFFER,
        zero_without_rows=True,
    ),
    Feature(
        f"offers_{OFFER_WINDOW_DAYS}d",
        "offers",
        "offers",
        f"offers sent in the last {OFFER_WINDOW_DAYS} days",
        f"直近{OFFER_WINDOW_DAYS}日間のオファー送付数",
        f"{{offers_{OFFER_WINDOW_DAYS}d}} sent in the last {OFFER_WINDOW_DAYS} days",
        f"直近{OFFER_WINDOW_DAYS}日間のオファー送付は{{offers_{OFFER_WINDOW_DAYS}d}}",
        *_NO_OFFER,
        zero_without_rows=True,
    ),
    Feature(
        "campaigns",
        "campaigns",
        "offers",
        "different campaigns that sent an offer",
        "オファーを送付したキャンペーンの種類数",
        "offers by {campaigns}",
        "オファーを送付したキャンペーンは{campaigns}",
        *_NO_OFFER,
        zero_without_rows=True,
    ),
    Feature(
        "days_since_last_offer",
        "days",
        "offers",
        "days since the last offer was sent",
        "最後のオファー送付からの日数",
        "last offer {days_since_last_offer} ago",
        "最後のオファー送付は{days_since_last_offer}前",
        *_NO_OFFER,
    ),
    Feature(
        "control_share",
        "share",
        "offers",
        "times kept back as a control, of all campaigns' draws",
        "対照群に割り当てられた割合",
        "kept back from {control_share} of the offers as a control",
        "オファーの{control_share}で対照群",
        "no campaign recorded",
        "キャンペーンの記録なし",
    ),
    Feature(
        "answered_offer_share",
        "share",
        "answers",
        f"offers followed by an order within {ANSWER_DAYS} days after the day they were sent, of those sent "
        f"{ANSWER_DAYS} days ago or earlier",
        f"送付翌日から{ANSWER_DAYS}日以内に購入のあったオファーの割合（{ANSWER_DAYS}日以上前に送付のもの）",
        f"{{answered_offer_share}} of the offers followed by an order within {ANSWER_DAYS} days",
        f"オファーの{{answered_offer_share}}で{ANSWER_DAYS}日以内に購入",
        f"no offer of {ANSWER_DAYS} days ago or earlier recorded",
        f"{ANSWER_DAYS}日以上前のオファー送付の記録なし",
    ),
    Feature(
        "offer_cost",
        "money",
        "offers",
        "what sending the offers cost, ever",
        "オファーの累計費用",
        "offers for {offer_cost} sent so far",
        "これまでのオファーの費用は{offer_cost}",
        "no cost of an offer recorded",
        "オファー費用の記録なし",
        ("treatments.cost",),
    ),
)

CAMPAIGNS = tuple(
    replace(
        feature,
        family="campaigns",
        needs=("treatments",) if feature.needs == ("transactions",) else feature.needs,
    )
    for feature in _OFFERS
)
