"""One business, one currency: amounts in another are refused, for there is no rate to convert them with."""

from __future__ import annotations

import ibis
from ibis.expr.types import BooleanValue, StringValue

from features.errors import MixedCurrencyError
from features.money import currency_sign

__all__ = ["UNKNOWN", "business_currency", "is_foreign"]

UNKNOWN = "XXX"  # ISO 4217: no currency
_SIGN_OF = {
    "JPY": "¥",
    "CNY": "¥",
    "EUR": "€",
    "GBP": "£",
    **dict.fromkeys(("USD", "AUD", "CAD", "NZD", "SGD"), "$"),
}


def business_currency(texts: ibis.Table, configured: str | None, location: str) -> str:
    """Return ``configured``, or the one currency that the rows name, or "XXX" where they name none.

    Raises `MixedCurrencyError` where they name several, in the currency column or by signs at the amounts.
    """
    if configured is not None:
        return configured.upper()
    signs = _counts(texts.mutate(name=currency_sign(texts.amount)))
    codes = _counts(texts.mutate(name=_code(texts.currency))) if "currency" in texts.columns else {}
    for names in (codes, signs):
        if len(names) > 1:
            raise MixedCurrencyError(
                f"{location} holds amounts in {len(names)} currencies.",
                which=[f"{name}: {count:,} rows" for name, count in names.items()],
                mend="Convert them into one, or name yours (--currency): rows in any other are then refused.",
            )
    return next(iter(codes), UNKNOWN)


def is_foreign(texts: ibis.Table, currency: str) -> BooleanValue:
    """Return whether a row is in another currency than ``currency``: by its code, or by the amount's sign."""
    foreign = ibis.literal(False)
    if "currency" in texts.columns and currency != UNKNOWN:
        code = _code(texts.currency)
        foreign = foreign | ((code != "") & (code != currency)).fill_null(False)
    if currency in _SIGN_OF:
        foreign = foreign | ~currency_sign(texts.amount).isin(["", _SIGN_OF[currency]])
    return foreign


def _counts(names: ibis.Table) -> dict[str, int]:
    named = names.filter(names.name != "").group_by("name").agg(rows=ibis._.count())
    return dict(named.order_by(ibis.desc("rows"), "name").to_pyarrow().to_pandas().itertuples(index=False))


def _code(text: StringValue) -> StringValue:
    return text.strip().upper().fill_null("")
