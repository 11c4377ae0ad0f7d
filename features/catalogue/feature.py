"""What is said of one feature."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Feature"]


@dataclass(frozen=True)
class Feature:
    """One column of the behaviour table.

    ``unit`` is orders, lines, pieces, products, categories, channels, money (in currency units), days,
    months, share (of 1), ratio, log ratio, score (1-5) or flag (1 = yes). Features that tell a marketer the
    same thing share a ``topic``.
    ``needs`` names the tables, or their columns, without which the feature is null for everybody.

    ``reason`` states the fact behind the feature in words, neutral as to whether it is good or bad, with the
    names of features in braces; ``without`` is said instead where one of them is null, and names only
    features that never are.

    A customer of whom the table behind the feature says nothing has null, or 0 where ``zero_without_rows``:
    never to have complained is to have complained 0 times, and no answer is no answer of 0. Where the table
    itself is absent, the feature is null for everybody.
    """

    name: str
    unit: str
    topic: str
    meaning: str
    meaning_ja: str
    reason: str
    reason_ja: str
    without: str = ""
    without_ja: str = ""
    needs: tuple[str, ...] = ("transactions",)
    family: str = ""
    zero_without_rows: bool = False
