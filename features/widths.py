"""Full-width text, as Japanese keyboards write it, in its plain form."""

from __future__ import annotations

from ibis.expr.types import StringValue

__all__ = ["narrowed"]

_PLAIN = "0123456789,.-+()/:$    "
_WIDE = "０１２３４５６７８９，．－＋（）／：＄　\u00a0\u2009\u202f"


def narrowed(text: StringValue) -> StringValue:
    """Return ``text`` with full-width digits, marks and spaces replaced, and without spaces around it.

    >>> import ibis
    >>> ibis.duckdb.connect().execute(narrowed(ibis.literal("　１，２３４")))
    '1,234'
    """
    return text.re_search(f"[{_WIDE}]").ifelse(text.translate(_WIDE, _PLAIN), text).strip()
