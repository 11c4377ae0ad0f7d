"""Text to money: DECIMAL(18,4) in currency units, rounded half away from zero.

Read are ``1234.5``, ``1,234``, ``¥1,234``, ``1,234円``, ``$12.50``, ``12.50 USD``, full-width digits, and the
ways to write a negative: ``-5``, ``5-``, ``▲1,200``, ``(12.50)``.

Decimal commas (``12,50``, ``1.234,56``) are read where the column holds some and holds no decimal point. In
such a column ``1,234`` and ``1.234`` could be either, and are not read; in every other column the comma
groups thousands. So a further row can only turn an amount into an unreadable one, never into a different one.
"""

from __future__ import annotations

import ibis
from ibis.expr import datatypes as dt
from ibis.expr.types import BooleanValue, DecimalValue, StringValue

from features.widths import narrowed

__all__ = [
    "CURRENCY_SIGNS",
    "has_comma_decimal",
    "has_point_decimal",
    "is_not_finite",
    "is_number",
    "to_money",
]

MONEY = dt.Decimal(18, 4)

CURRENCY_SIGNS = {
    "¥": r"(?i)[¥￥円\\]|JPY",  # cp932 writes ¥ as a backslash
    "$": r"(?i)[$＄]|USD",
    "€": r"(?i)€|EUR",
    "£": r"(?i)[£￡]|GBP",
}
"""What stands beside an amount, by the sign of its currency."""

_ANY_SIGN = r"(?i) *(?:[¥￥円\\$€£￡]|JPY|USD|EUR|GBP) *"
_SIMPLE = r"^[¥￥\\$€£]?-?\d{1,3}(,\d{3})*(\.\d+)?円?$"  # the most common, for speed
_NOT_FINITE = r"(?i)^[-+]?(inf|infinity|∞|nan)$"
_NUMBER = r"^[-+]?(\d+|\d{1,3}(,\d{3})+|\d{1,3}( \d{3})+)?(\.\d*)?([eE][-+]?\d{1,3})?$"
_COMMA_DECIMAL = r"^-?(\d+,(\d{1,2}|\d{4,})|(0|\d{4,}),\d+|\d{1,3}([. ]\d{3})+,\d+)$"
_POINT_DECIMAL = r"^-?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,})?\.\d+|\d{1,3}([, ]\d{3})+\.\d+)$"
_WHOLE_OR_COMMA_DECIMAL = rf"^[-+]?\d+$|^[-+]?\d{{1,3}}( \d{{3}})+$|{_COMMA_DECIMAL}"


def to_money(text: StringValue, *, decimal_commas: bool) -> DecimalValue:
    """Return the amount that ``text`` says; null where it says none, or one beyond DECIMAL(18,4)."""
    if decimal_commas:
        number = _numerals(text).re_extract(_WHOLE_OR_COMMA_DECIMAL, 0)
        return number.re_replace("[. ]", "").replace(",", ".").try_cast(MONEY)
    plain = text.try_cast(MONEY)
    return ibis.cases(
        (plain.notnull(), plain),
        (text.re_search(_SIMPLE), text.re_replace(r"[^-\d.]", "").try_cast(MONEY)),
        else_=_numerals(text).re_extract(_NUMBER, 0).re_replace("[, ]", "").try_cast(MONEY),
    )


def has_comma_decimal(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is an amount whose comma can only mark decimals."""
    return text.re_search("[,，]").ifelse(_numerals(text).re_search(_COMMA_DECIMAL), False)


def has_point_decimal(text: StringValue) -> BooleanValue:
    """Return whether ``text`` is an amount whose point can only mark decimals."""
    return text.re_search("[.．]").ifelse(_numerals(text).re_search(_POINT_DECIMAL), False)


def is_number(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says a number at all, however large."""
    return _numerals(text).re_search(r"\d") & _numerals(text).re_search(_NUMBER)


def is_not_finite(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says infinity or "not a number"."""
    return text.strip().re_search(_NOT_FINITE)


def _numerals(text: StringValue) -> StringValue:
    """Return ``text`` without currency signs, and with ▲, brackets and a sign at the end as a minus."""
    bare = narrowed(text).re_replace(_ANY_SIGN, "").re_replace("[▲△−]", "-")
    bare = bare.re_replace(r" *([-+()]) *", r"\1")
    return bare.re_replace(r"^\(([^-+()]*)\)$", r"-\1").re_replace(r"^([^-+(]+)-$", r"-\1")
