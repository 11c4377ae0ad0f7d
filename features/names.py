"""Names as people write them, made comparable."""

from __future__ import annotations

import unicodedata

__all__ = ["plain"]


def plain(name: str) -> str:
    """Return the letters and digits of ``name``, in lower case and half width.

    >>> plain("Churn_Score"), plain("顧客ＩＤ")
    ('churnscore', '顧客id')
    """
    return "".join(each for each in unicodedata.normalize("NFKC", name).casefold() if each.isalnum())
