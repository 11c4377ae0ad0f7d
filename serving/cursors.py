"""Cursors: where a page ended, in which run and under which question, signed against alteration."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass

from serving.errors import InvalidCursorError
from serving.listing import AtRiskFilter, Position, SegmentFilter, Sort

__all__ = ["Cursor", "CursorSigner", "Which"]

MAC_BYTES = 16
QUESTION_CHARACTERS = 16

Which = AtRiskFilter | SegmentFilter
"""What a list can be asked for."""


@dataclass(frozen=True)
class Cursor:
    """The list of one run goes on after a position."""

    run_id: str
    after: Position


class CursorSigner:
    """Writes and reads cursors with a secret that all processes on a store share."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, cursor: Cursor, which: Which, sort: Sort | None = None) -> str:
        """Return the cursor as URL-safe text, good for this filter and this sort only."""
        after = cursor.after
        payload = json.dumps([cursor.run_id, _question(which, sort), after.value, after.customer_id]).encode()
        return _text(payload + self._mac(payload))

    def read(self, text: str, which: Which, sort: Sort | None = None) -> Cursor:
        """Return what the text says.

        Raises ``InvalidCursorError`` unless it is, to the character, what ``write`` gave for this question.
        """
        run_id, question, value, customer_id = json.loads(self._opened(text))
        if question != _question(which, sort):
            raise InvalidCursorError(
                "The cursor belongs to other filters, or to another sort.",
                mend="Repeat the parameters of the page that it came from, or start at the first page.",
            )
        return Cursor(run_id, Position(value, customer_id))

    def seal(self, place: int, question: str) -> str:
        """Return a cursor of a list that is ordered by a number, good for this question only."""
        payload = json.dumps(place).encode()
        return _text(payload + self._mac(payload, question))

    def unseal(self, text: str, question: str) -> int:
        """Return the number that ``seal`` was given; raises ``InvalidCursorError`` for any other text."""
        place: int = json.loads(self._opened(text, question))
        return place

    def _opened(self, text: str, question: str = "") -> bytes:
        whole = _bytes(text)
        payload, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
        if _text(whole) != text or not hmac.compare_digest(mac, self._mac(payload, question)):
            raise InvalidCursorError(
                "The cursor is not one that this service gave out.", mend="Start at the first page."
            )
        return payload

    def _mac(self, payload: bytes, question: str = "") -> bytes:
        asked = f"\0{question}".encode() if question else b""
        return hmac.digest(self._secret, payload + asked, "sha256")[:MAC_BYTES]


def _text(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        return b""


def _question(which: Which, sort: Sort | None = None) -> str:
    text = json.dumps([type(which).__name__, sort, asdict(which)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:QUESTION_CHARACTERS]
