"""One business, one currency: amounts in another are converted at the rate that is given, or else refused.

A currency has one rate for all time: a customer does not spend less because a currency fell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
from ibis.expr.types import BooleanValue, StringValue, Value

from features.engine import asked
from features.errors import MixedCurrencyError
from features.money import CURRENCY_SIGNS

if TYPE_CHECKING:
    from ibis.backends import BaseBackend

__all__ = [
    "BEYOND",
    "UNKNOWN",
    "business_currency",
    "checked_rates",
    "conversions",
    "converted",
    "currency_told_by",
    "has_no_rate",
    "is_foreign",
]

UNKNOWN = "XXX"  # ISO 4217: no currency
_RATE = "decimal(18, 9)"
_MONEY = "decimal(18, 4)"
BEYOND = 10**14
"""What the amount of a DECIMAL(18,4) stays below."""
_OF_A_LINE = ("amount", "margin", "unit_price", "discount")
_AMOUNTS = ("amount", "margin", "acquisition_cost", "monthly_amount", "cost")
_DOLLARS = ("USD", "AUD", "CAD", "NZD", "SGD", "HKD", "TWD", "MXN")
_SIGN_OF = {"JPY": "¥", "CNY": "¥", "EUR": "€", "GBP": "£", **dict.fromkeys(_DOLLARS, "$")}


def business_currency(
    connection: BaseBackend, texts: ibis.Table, configured: str | None, location: str
) -> str:
    """Return ``configured``, or the one currency that the rows name, or "XXX" where they name none.

    Raises `MixedCurrencyError` where they name several, in the currency column or by signs at the amounts.
    """
    if configured is not None:
        return configured.upper()
    codes = _rows_by_code(connection, texts) if "currency" in texts.columns else {}
    signed = "amount" in texts.columns and texts.amount.type().is_string()
    signs = _rows_by_sign(connection, texts) if signed else {}
    for rows_by_name in (codes, signs):
        if len(rows_by_name) > 1:
            raise MixedCurrencyError(
                f"{location} holds amounts in {len(rows_by_name)} currencies.",
                which=[f"{name}: {rows:,} rows" for name, rows in rows_by_name.items()],
                mend="Name yours (--currency): rows in any other are then refused, or converted at the rate"
                " that [business.rates] in joren.toml gives for it.",
            )
    return next(iter(codes), UNKNOWN)


def is_foreign(texts: ibis.Table, currency: str, rates: Mapping[str, Decimal]) -> BooleanValue:
    """Return whether a row is in a currency that is neither the business's nor one with a rate.

    The row's code tells, and the sign at an amount, which must not be that of another currency.
    """
    if "currency" not in texts.columns:
        return _has_other_sign(texts, currency)
    code = _code(texts.currency)
    foreign = has_no_rate(texts.currency, currency, rates)
    foreign = foreign | (code.notin(list(rates)) & _has_other_sign(texts, currency))
    for other in rates:
        foreign = foreign | ((code == other) & _has_other_sign(texts, other))
    return foreign


def has_no_rate(code: StringValue, currency: str, rates: Mapping[str, Decimal]) -> BooleanValue:
    """Return whether ``code`` names a currency that is neither the business's nor one with a rate."""
    if currency == UNKNOWN:
        return ibis.literal(False)
    return _code(code).notin(["", currency, *rates])


def _has_other_sign(texts: ibis.Table, currency: str) -> BooleanValue:
    said = ibis.literal(False)
    if currency in _SIGN_OF:
        others = [pattern for sign, pattern in CURRENCY_SIGNS.items() if sign != _SIGN_OF[currency]]
        for name in _amounts(texts.columns):
            if texts[name].type().is_string():
                said = said | _says(texts[name], "|".join(others))
    return said


def converted(values: Mapping[str, Value], rates: Mapping[str, Decimal]) -> dict[str, Value]:
    """Return the ``values`` of a line with its money in the currency of the business, by their ``currency``.

    DECIMAL(18,4), rounded half away from zero; null beyond what that holds.
    """
    if not rates:
        return dict(values)
    code = _code(values["currency"])
    one, *others = ((code == other, ibis.literal(rate).cast(_RATE)) for other, rate in rates.items())
    rate = ibis.cases(one, *others, else_=ibis.null(_RATE))
    return dict(values) | {name: _at(values[name], rate) for name in _OF_A_LINE if name in values}


def _at(money: Value, rate: Value) -> Value:
    exchanged = (money.cast("decimal(38, 9)") * rate).round(4)
    exchanged = (exchanged.abs() < BEYOND).ifelse(exchanged, None).cast(_MONEY)
    return rate.isnull().ifelse(money, exchanged)


def conversions(
    connection: BaseBackend, rows: ibis.Table, rates: Mapping[str, Decimal], currency: str
) -> list[str]:
    """Return a note for each currency of which ``rows`` were converted."""
    counts = _rows_by_code(connection, rows) if rates and "currency" in rows.columns else {}
    return [
        f"{counts[code]:,} rows in {code} are read as {currency}, at {rate.normalize():f}"
        for code, rate in rates.items()
        if code in counts
    ]


def checked_rates(rates: Mapping[str, Decimal], currency: str | None) -> Mapping[str, Decimal]:
    """Return ``rates``, what one unit of each currency is worth in ``currency``.

    Raises `MixedCurrencyError` where the business's own currency is not named, or is among them.
    """
    if rates and (currency is None or currency in rates):
        raise MixedCurrencyError(
            "Rates say what another currency is worth in the business's own.",
            which=sorted(rates),
            mend="Name the business's currency, and give rates for the others alone.",
        )
    return rates


def currency_told_by(columns: Iterable[str]) -> str:
    """Return which of the contract's ``columns`` says the currency of a row."""
    there = list(columns)
    return "currency" if "currency" in there else next(iter(_amounts(there)), there[0])


def _amounts(columns: Iterable[str]) -> list[str]:
    there = set(columns)
    return [name for name in _AMOUNTS if name in there]


def _rows_by_code(connection: BaseBackend, texts: ibis.Table) -> dict[str, int]:
    return {row["code"]: row["rows"] for row in asked(connection, _codes, {"texts": texts})}


def _codes(texts: ibis.Table) -> ibis.Table:
    codes = texts.select(code=_code(texts.currency))
    rows = codes.filter(codes.code != "").group_by("code").agg(rows=ibis._.count())
    return rows.order_by(ibis.desc("rows"), "code")


def _rows_by_sign(connection: BaseBackend, texts: ibis.Table) -> dict[str, int]:
    (found,) = asked(connection, _signs, {"texts": texts})
    return {sign: rows for sign, rows in found.items() if rows}


def _signs(texts: ibis.Table) -> ibis.Table:
    return texts.aggregate(
        **{sign: _says(texts.amount, pattern).sum().fill_null(0) for sign, pattern in CURRENCY_SIGNS.items()}
    )


def _code(text: StringValue) -> StringValue:
    return text.strip().upper().fill_null("")


def _says(amount: StringValue, pattern: str) -> BooleanValue:
    """Return whether ``pattern`` stands beside an ``amount`` that is more than a plain number."""
    plain = amount.isnull() | amount.try_cast("decimal(18, 4)").notnull()
    return plain.ifelse(False, amount.re_search(pattern))
