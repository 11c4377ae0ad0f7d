"""How scores are explained."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["REASONS", "Explaining", "Language"]

REASONS = 3


class Language(StrEnum):
    """The languages of reasons."""

    ENGLISH = "en"
    JAPANESE = "ja"


@dataclass(frozen=True)
class Explaining:
    """How scores are explained: in which language, and whether reasons that are not stored are computed.

    Reasons are stored in English, for the customers with the most value at risk. Where they would have to be
    computed, and that is not asked for, a score's reasons are None.
    """

    language: Language = Language.ENGLISH
    compute: bool = False
