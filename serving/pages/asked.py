"""What a reader asks the list for, as an address says it. A value that cannot be is left out, and said so."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from serving.listing import AtRiskFilter, Sort
from serving.wire_score import SEGMENT_NAMES
from training.score_schema import ChurnBand

__all__ = ["ListAsked", "list_asked"]

Choice = TypeVar("Choice", bound=StrEnum)
BESIDE_AMOUNT = re.compile(r"[\s,¥$€£円]")


@dataclass(frozen=True)
class ListAsked:
    """A list: which customers, in which order, from where on. ``unread`` names what could not be read."""

    which: AtRiskFilter
    sort: Sort
    cursor: str | None
    least: str
    unread: frozenset[str]

    def address(self, *, path: str = "/", sort: Sort | None = None, cursor: str | None = None) -> str:
        """Return the address of this list, from its beginning unless a cursor is given."""
        chosen = {
            "band": self.which.band,
            "segment": self.which.segment,
            "least": self.least,
            "sort": (sort or self.sort).value if (sort or self.sort) is not Sort.VALUE_AT_RISK else None,
            "cursor": cursor,
        }
        pairs = [(name, str(value)) for name, value in chosen.items() if value]
        attributes = [("attribute", f"{name}:{value}") for name, value in self.which.attributes]
        query = urlencode([*attributes, *pairs])
        return f"{path}?{query}" if query else path

    @property
    def is_filtered(self) -> bool:
        """Whether the list shows less than everybody."""
        return self.which != AtRiskFilter()


def list_asked(parameters: Mapping[str, str], attributes: Sequence[str] = ()) -> ListAsked:
    """Return what the parameters of an address ask for; ``attributes`` are of the form ``name:value``."""
    unread = set()
    segment = parameters.get("segment") or None
    if segment is not None and segment not in SEGMENT_NAMES:
        unread.add("segment")
        segment = None
    least = parameters.get("least", "").strip()
    amount = _amount(least)
    if least and amount is None:
        unread.add("least")
    return ListAsked(
        which=AtRiskFilter(
            band=_one_of(ChurnBand, parameters.get("band")),
            segment=segment,
            min_value_at_risk=amount,
            attributes=tuple(_pair(one) for one in attributes if ":" in one and "\0" not in one),
        ),
        sort=_one_of(Sort, parameters.get("sort")) or Sort.VALUE_AT_RISK,
        cursor=parameters.get("cursor") or None,
        least=least,
        unread=frozenset(unread),
    )


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    return name, value


def _one_of(choices: type[Choice], given: str | None) -> Choice | None:
    return choices(given) if given in {choice.value for choice in choices} else None


def _amount(text: str) -> float | None:
    """Return what somebody typed as an amount, also with a currency's sign or in full-width digits."""
    try:
        amount = float(BESIDE_AMOUNT.sub("", unicodedata.normalize("NFKC", text)))
    except ValueError:
        return None
    return amount if math.isfinite(amount) and amount >= 0 else None
