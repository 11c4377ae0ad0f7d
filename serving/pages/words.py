"""The names that scores are told by, in the reader's language."""

from __future__ import annotations

from features.segments import CYCLE_STATUSES, SEGMENTS
from serving.service import Language

__all__ = ["cycle_name", "segment_name"]

NAMES_JA = {label.name: label.name_ja for label in SEGMENTS}
CYCLE_NAMES_JA = {label.name: label.name_ja for label in CYCLE_STATUSES}


def segment_name(segment: str | None, language: Language) -> str:
    """Return the segment's name; nothing where there is none."""
    if segment is None:
        return ""
    return NAMES_JA[segment] if language is Language.JAPANESE else segment


def cycle_name(status: str | None, language: Language) -> str:
    """Return the cycle status in words; nothing where there is none."""
    if status is None:
        return ""
    return CYCLE_NAMES_JA[status] if language is Language.JAPANESE else status.replace("_", " ")
