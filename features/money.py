"""Text to money: DECIMAL(18,4) in currency units, rounded half away from zero.

Read are ``1234.5``, ``1,234``, ``¥1,234``, ``1,234円``, ``$12.50``, ``12.50 USD``, full-width digits, and
the ways to write a negative: ``-5``, ``5-``, ``▲1,200``, ``(12.50)``.

Decimal commas (``12,50``, ``1.234,56``) are read where the column holds some and holds no decimal point.
In such a column ``1,234`` and ``1.234`` could be either, and are not read; in every other column the
comma groups thousands. So a further row can only turn an amount into an unreadable one, never into a
different one.
"""

from __future__ import annotations

import ibis
from ibis.expr import datatypes as dt
from ibis.expr.types import BooleanValue, DecimalValue, StringValue

from features.widths import narrowed

__all__ = [
    "MONEY",
    "currency_sign",
    "has_comma_decimal",
    "has_point_decimal",
    "is_not_finite",
    "is_number",
    "to_money",
]

MONEY = dt.Decimal(18, 4)

_SIGNS = r"(?i)¥|\\|\$|€|£|円|JPY|USD|EUR|GBP"  # cp932 writes ¥ as a backslash
_NOT_FINITE = r"(?i)^[-+]?(inf|infinity|∞|nan)$"
_COMMA_DECIMAL = r"^-?(\d+,(\d{1,2}|\d{4,})|(0|\d{4,}),\d+|\d{1,3}(\.\d{3})+,\d+)$"
_POINT_DECIMAL = r"^-?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,})?\.\d+|\d{1,3}(,\d{3})+\.\d+)$"
_NUMBER = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_GROUPED = r"^-?\d{1,3}(,\d{3})+(\.\d*)?$"
_NONE = ibis.null("string")
_WHOLE = r"^-?\d+$"
_SPACED = r"^-?\d{1,3}( \d{3})+([.,]\d*)?$"


def to_money(text: StringValue, *, decimal_commas: bool) -> DecimalValue:
    """Return the amount that ``text`` says; null where it says none, or one beyond DECIMAL(18,4)."""
    number = _numerals(text)
    if decimal_commas:
        pointed = number.re_search(_COMMA_DECIMAL).ifelse(number.replace(".", "").replace(",", "."), _NONE)
        return number.re_search(_WHOLE).ifelse(number, pointed).try_cast(MONEY)
    plain = text.try_cast(MONEY)
    grouped = number.re_search(_GROUPED).ifelse(number.replace(",", ""), _NONE)
    other = number.re_search(_NUMBER).ifelse(number, grouped)
    return plain.notnull().ifelse(plain, other.try_cast(MONEY))


def has_comma_decimal(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is an amount whose comma can only mark decimals."""
    return text.re_search("[,，]").ifelse(_numerals(text).re_search(_COMMA_DECIMAL), False)


def has_point_decimal(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is an amount whose point can only mark decimals."""
    return text.re_search("[.．]").ifelse(_numerals(text).re_search(_POINT_DECIMAL), False)


def is_number(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says a number at all, however large."""
    number = _numerals(text)
    return number.re_search(_NUMBER) | number.re_search(_GROUPED)


def is_not_finite(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says infinity or "not a number"."""
    return text.strip().re_search(_NOT_FINITE)


def currency_sign(text: StringValue) -> StringValue:
    """Return the currency that ``text`` names beside the amount (¥, $, € or £); "" where it names none."""
    sign = narrowed(text).upper().re_extract(_SIGNS, 0)
    sign = sign.substitute({"円": "¥", "\\": "¥", "JPY": "¥", "USD": "$", "EUR": "€", "GBP": "£"})
    return (text.isnull() | text.try_cast(MONEY).notnull()).ifelse("", sign)


def _numerals(text: StringValue) -> StringValue:
    """Return ``text`` without currency signs, and with ▲, brackets and a sign at the end as a minus."""
    bare = narrowed(text).re_replace(r"[▲△−]", "-").re_replace(_SIGNS, "").strip()
    bare = bare.re_replace(r"^([-+(]) +", r"\1").re_replace(r" +\)$", ")")
    bare = bare.re_replace(r"^\(([^-+]*)\)$", r"-\1").re_replace(r"^([^-+(]+)-$", r"-\1")
    bare = bare.re_replace(r"^\+", "")
    return bare.re_search(_SPACED).ifelse(bare.replace(" ", ""), bare)
