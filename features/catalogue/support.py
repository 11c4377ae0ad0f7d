"""The features of support, in words."""

from __future__ import annotations

from dataclasses import replace

from features.behaviour.purchases import TREND_DAYS
from features.behaviour.support import TICKET_WINDOW_DAYS
from features.catalogue.feature import Feature

__all__ = ["SUPPORT"]

_NO_CONTACT = ("no support contact recorded", "サポートへの問い合わせの記録なし")
_NO_ANSWER = ("no answered support contact recorded", "回答済みの問い合わせの記録なし")
_NO_RESOLUTION = ("no resolved support contact recorded", "解決済みの問い合わせの記録なし")

_CONTACTS = (
    Feature(
        "tickets",
        "contacts",
        "support",
        "contacts with support, ever",
        "サポートへの累計問い合わせ件数",
        "{tickets} so far",
        "これまでの問い合わせは{tickets}",
        *_NO_CONTACT,
        zero_without_rows=True,
    ),
    *(
        Feature(
            f"tickets_{days}d",
            "contacts",
            "support",
            f"contacts with support in the last {days} days",
            f"直近{days}日間の問い合わせ件数",
            f"{{tickets_{days}d}} in the last {days} days",
            f"直近{days}日間の問い合わせは{{tickets_{days}d}}",
            *_NO_CONTACT,
            zero_without_rows=True,
        )
        for days in TICKET_WINDOW_DAYS
    ),
    Feature(
        "tickets_trend",
        "log ratio",
        "support",
        f"log ratio of the contacts of the last {TREND_DAYS} days to those of the {TREND_DAYS} days before, "
        "half a contact added to each; null until both were lived as a customer",
        f"直近{TREND_DAYS}日間とその前の{TREND_DAYS}日間の問い合わせ件数の対数比（両方に0.5を加算）",
        "{tickets_91d} in the last 91 days, {tickets_364d} in the last 364",
        "問い合わせは直近91日間で{tickets_91d}、直近364日間で{tickets_364d}",
        *_NO_CONTACT,
    ),
    Feature(
        "tickets_per_order",
        "ratio",
        "support",
        "contacts with support an order",
        "購入1回あたりの問い合わせ件数",
        "{tickets}, {tickets_per_order} the number of orders",
        "問い合わせは{tickets}（購入回数の{tickets_per_order}）",
        *_NO_CONTACT,
    ),
    Feature(
        "days_since_last_ticket",
        "days",
        "support",
        "days since the last contact with support",
        "最後の問い合わせからの日数",
        "last support contact {days_since_last_ticket} ago",
        "最後の問い合わせは{days_since_last_ticket}前",
        *_NO_CONTACT,
    ),
    Feature(
        "support_topics",
        "topics",
        "support",
        "different topics of the contacts with support",
        "問い合わせの話題の種類数",
        "support contacts about {support_topics}",
        "問い合わせの話題は{support_topics}",
        *_NO_CONTACT,
        ("interactions.topic",),
        zero_without_rows=True,
    ),
    Feature(
        "support_channels",
        "channels",
        "support",
        "different channels of the contacts with support",
        "問い合わせ経路の種類数",
        "support contacts by {support_channels}",
        "問い合わせ経路は{support_channels}",
        *_NO_CONTACT,
        ("interactions.channel",),
        zero_without_rows=True,
    ),
    Feature(
        "main_support_channel_share",
        "share",
        "support",
        "contacts by the own most frequent channel, of those whose channel is recorded",
        "最も多い経路の問い合わせの割合（経路の記録があるもののうち）",
        "{main_support_channel_share} of the support contacts by the same channel",
        "問い合わせの{main_support_channel_share}が同じ経路",
        *_NO_CONTACT,
        ("interactions.channel",),
    ),
)

_RESPONSE = ("interactions.first_response_at",)
_RESOLUTION = ("interactions.resolved_at",)

_SPEED = tuple(
    Feature(
        f"{how}_{name}_hours",
        "hours",
        f"{name} time",
        f"{how_it_is} of the hours until a contact was {done}, by the wall clock",
        f"{done_ja}までの時間（{how_ja}）",
        said.format(done=done, hours=f"{{{how}_{name}_hours}}"),
        f"問い合わせの{done_ja}まで{how_ja}{{{how}_{name}_hours}}",
        *without,
        needs,
    )
    for name, done, done_ja, without, needs in (
        ("first_response", "answered", "初回回答", _NO_ANSWER, _RESPONSE),
        ("resolution", "resolved", "解決", _NO_RESOLUTION, _RESOLUTION),
    )
    for how, how_it_is, how_ja, said in (
        ("mean", "mean", "平均", "support contacts {done} after {hours} on average"),
        ("median", "median", "通常", "support contacts usually {done} after {hours}"),
        ("last", "latest", "直近は", "the latest support contact {done} after {hours}"),
    )
)

_OPEN = (
    Feature(
        "unanswered_tickets",
        "contacts",
        "unanswered support",
        "contacts neither answered nor resolved",
        "未回答かつ未解決の問い合わせ件数",
        "{unanswered_tickets} without an answer",
        "未回答の問い合わせは{unanswered_tickets}",
        *_NO_CONTACT,
        _RESPONSE,
        zero_without_rows=True,
    ),
    Feature(
        "unanswered_days",
        "days",
        "unanswered support",
        "days for which the oldest unanswered contact has waited",
        "最も古い未回答の問い合わせの待ち日数",
        "{tickets_91d} in the last 91 days, one unanswered for {unanswered_days}",
        "直近91日間の問い合わせは{tickets_91d}、未回答のまま{unanswered_days}経過",
        "no support contact waits for an answer",
        "回答待ちの問い合わせなし",
        _RESPONSE,
    ),
    Feature(
        "unresolved_tickets",
        "contacts",
        "unanswered support",
        "contacts not resolved",
        "未解決の問い合わせ件数",
        "{unresolved_tickets} not resolved",
        "未解決の問い合わせは{unresolved_tickets}",
        *_NO_CONTACT,
        _RESOLUTION,
        zero_without_rows=True,
    ),
    Feature(
        "reopened_tickets",
        "contacts",
        "reopened support",
        "contacts opened again after being closed, as far as they are resolved",
        "再開された問い合わせ件数（解決済みのもの）",
        "{reopened_tickets} opened again",
        "再開された問い合わせは{reopened_tickets}",
        *_NO_CONTACT,
        (*_RESOLUTION, "interactions.reopened"),
        zero_without_rows=True,
    ),
    Feature(
        "reopened_share",
        "share",
        "reopened support",
        "resolved contacts that had been opened again, of those of which it is recorded",
        "再開された問い合わせの割合（解決済みで記録があるもののうち）",
        "{reopened_share} of the resolved support contacts had been opened again",
        "解決済みの問い合わせの{reopened_share}が再開",
        *_NO_RESOLUTION,
        (*_RESOLUTION, "interactions.reopened"),
    ),
)

SUPPORT = tuple(
    replace(
        feature,
        family="support",
        needs=("interactions",) if feature.needs == ("transactions",) else feature.needs,
    )
    for feature in (*_CONTACTS, *_SPEED, *_OPEN)
)
