"""One business, one currency: amounts in another are refused, for there is no rate to convert them with."""

from __future__ import annotations

from collections.abc import Iterable

import ibis
from ibis.expr.types import BooleanValue, StringValue

from features.errors import MixedCurrencyError
from features.money import CURRENCY_SIGNS

__all__ = ["UNKNOWN", "business_currency", "currency_told_by", "is_foreign"]

UNKNOWN = "XXX"  # ISO 4217: no currency
_AMOUNTS = ("amount", "margin", "acquisition_cost", "monthly_amount", "cost")
_DOLLARS = ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN")
_SIGN_OF = {"JPY": "¥", "CNY": "¥", "EUR": "€", "GBP": "£", **dict.fromkeys(_DOLLARS, "$")}


def business_currency(texts: ibis.Table, configured: str | None, location: str) -> str:
    """Return ``configured``, or the one currency that the rows name, or "XXX" where they name none.

    Raises `MixedCurrencyError` where they name several, in the currency column or by signs at the amounts.
    """
    if configured is not None:
        return configured.upper()
    codes = _rows_by_code(texts) if "currency" in texts.columns else {}
    signs = _rows_by_sign(texts) if "amount" in texts.columns else {}
    for rows_by_name in (codes, signs):
        if len(rows_by_name) > 1:
            raise MixedCurrencyError(
                f"{location} holds amounts in {len(rows_by_name)} currencies.",
                which=[f"{name}: {rows:,} rows" for name, rows in rows_by_name.items()],
                mend="Convert them into one, or name yours (--currency): rows in any other are then refused.",
            )
    return next(iter(codes), UNKNOWN)


def is_foreign(texts: ibis.Table, currency: str) -> BooleanValue:
    """Return whether a row is in another currency than ``currency``: by its code, or by an amount's sign."""
    foreign = ibis.literal(False)
    if "currency" in texts.columns and currency != UNKNOWN:
        code = _code(texts.currency)
        foreign = foreign | ((code != "") & (code != currency))
    if currency in _SIGN_OF:
        others = [pattern for sign, pattern in CURRENCY_SIGNS.items() if sign != _SIGN_OF[currency]]
        for name in _amounts(texts.columns):
            foreign = foreign | _says(texts[name], "|".join(others))
    return foreign


def currency_told_by(columns: Iterable[str]) -> str:
    """Return which of the contract's ``columns`` says the currency of a row."""
    there = list(columns)
    return "currency" if "currency" in there else next(iter(_amounts(there)), there[0])


def _amounts(columns: Iterable[str]) -> list[str]:
    there = set(columns)
    return [name for name in _AMOUNTS if name in there]


def _rows_by_code(texts: ibis.Table) -> dict[str, int]:
    codes = texts.select(code=_code(texts.currency))
    rows = codes.filter(codes.code != "").group_by("code").agg(rows=ibis._.count())
    found = rows.order_by(ibis.desc("rows"), "code").to_pyarrow().to_pylist()
    return {row["code"]: row["rows"] for row in found}


def _rows_by_sign(texts: ibis.Table) -> dict[str, int]:
    rows = texts.aggregate(
        **{sign: _says(texts.amount, pattern).sum().fill_null(0) for sign, pattern in CURRENCY_SIGNS.items()}
    )
    (found,) = rows.to_pyarrow().to_pylist()
    return {sign: rows for sign, rows in found.items() if rows}


def _code(text: StringValue) -> StringValue:
    return text.strip().upper().fill_null("")


def _says(amount: StringValue, pattern: str) -> BooleanValue:
    """Return whether ``pattern`` stands beside an ``amount`` that is more than a plain number."""
    plain = amount.isnull() | amount.try_cast("decimal(18, 4)").notnull()
    return plain.ifelse(False, amount.re_search(pattern))
