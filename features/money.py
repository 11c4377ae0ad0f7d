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
from ibis.expr.types import BooleanScalar, BooleanValue, DecimalValue, StringColumn, StringValue

__all__ = ["MONEY", "has_decimal_commas", "is_not_finite", "is_number", "numerals", "to_money"]

MONEY = dt.Decimal(18, 4)

_PLAIN = r"^-?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$"
_WIDE = "０１２３４５６７８９，．－＋（）％￥＄　\u00a0\u202f"
_NARROW = "0123456789,.-+()%¥$   "
CURRENCY_SIGNS = r"(?i)¥|\$|€|£|円|JPY|USD|EUR|GBP"
_NOT_FINITE = r"(?i)^[-+]?(inf|infinity|∞|nan)$"
_COMMA_DECIMAL = r"^-?(\d+,(\d{1,2}|\d{4,})|(0|\d{4,}),\d+|\d{1,3}(\.\d{3})+,\d+)$"
_POINT_DECIMAL = r"^-?(\d*\.(\d{1,2}|\d{4,})|(0|\d{4,})?\.\d+|\d{1,3}(,\d{3})+\.\d+)$"
_GROUPED = r"^-?\d{1,3}(,\d{3})+(\.\d*)?$"
_SPACED = r"^-?\d{1,3}( \d{3})+([.,]\d*)?$"


def numerals(text: StringValue) -> StringValue:
    """Return ``text`` narrowed to sign, digits, points and commas where that is all that it says.

    Currency signs are taken off; ▲, brackets and a sign at the end become a minus in front.
    """
    tidy = narrowed(text).re_replace(r"[▲△−]", "-").re_replace(CURRENCY_SIGNS, "").strip()
    tidy = tidy.re_replace(r"^([-+(]) +", r"\1").re_replace(r" +\)$", ")")
    tidy = (
        tidy.re_replace(r"^\(([^-+]*)\)$", r"-\1").re_replace(r"^([^-+(]+)-$", r"-\1").re_replace(r"^\+", "")
    )
    odd = tidy.re_search(_SPACED).ifelse(tidy.replace(" ", ""), tidy)
    return text.re_search(_PLAIN).ifelse(text, odd)


def narrowed(text: StringValue) -> StringValue:
    """Return ``text`` with full-width digits and marks in their plain form."""
    return text.translate(_WIDE, _NARROW)


def has_decimal_commas(number: StringColumn) -> BooleanScalar:
    """Return, over a whole column of `numerals`, whether commas mark decimals: some do, and no point does."""
    return number.re_search(_COMMA_DECIMAL).any() & ~number.re_search(_POINT_DECIMAL).any()


def to_money(number: StringValue, *, decimal_commas: bool) -> DecimalValue:
    """Return the amount that `numerals` say; null where they say none, or one beyond DECIMAL(18,4)."""
    if decimal_commas:
        pointed = number.replace(".", "").replace(",", ".")
        whole = number.re_search(r"^-?\d+$")
        text = ibis.cases((number.re_search(_COMMA_DECIMAL), pointed), (whole, number))
    else:
        grouped = number.re_search(_GROUPED).ifelse(number.replace(",", ""), ibis.null("string"))
        text = number.re_search(_PLAIN).ifelse(number, grouped)
    return text.try_cast(MONEY)


def is_number(number: StringValue) -> BooleanValue:
    """Return whether `numerals` say a number at all, however large."""
    return number.re_search(_PLAIN) | number.re_search(_GROUPED)


def is_not_finite(text: StringValue) -> BooleanValue:
    """Return whether ``text`` says infinity or "not a number"."""
    return text.strip().re_search(_NOT_FINITE)
