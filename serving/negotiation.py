"""Which form of an answer suits an Accept header (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence

from serving.errors import NotAcceptableError

__all__ = ["CSV", "JSON", "NDJSON", "preferred"]

JSON = "application/json"
CSV = "text/csv"
NDJSON = "application/x-ndjson"


def preferred(accept: str | None, offered: Sequence[str]) -> str:
    """Return the offered media type that the header likes best; of those it likes alike, the first.

    >>> preferred("text/csv, application/json;q=0.5", (JSON, CSV)), preferred("*/*", (JSON, CSV))
    ('text/csv', 'application/json')

    Raises ``NotAcceptableError`` where it wants none of them.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",")]
    liked = {form: _quality(form, ranges) for form in offered}
    best = max(offered, key=lambda form: liked[form])
    if liked[best] <= 0:
        raise NotAcceptableError(f"The answer can be {' or '.join(offered)}.", mend="Accept one of them.")
    return best


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 0.0


def _quality(form: str, ranges: list[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that holds the form; 0 if none does."""
    kind = form.split("/", maxsplit=1)[0]
    for candidate in (form, f"{kind}/*", "*/*"):
        found = [quality for name, quality in ranges if name == candidate]
        if found:
            return max(found)
    return 0.0
