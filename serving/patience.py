"""How long the server waits for a client: for the head of a request, and for an answer to be read.

uvicorn by itself closes connections that are idle between requests, and no others: who sends a head byte by
byte, or none at all, or reads nothing of an answer, would keep a connection for ever.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["PatientProtocol"]

HEAD_SECONDS = 10.0
READING_SECONDS = 60.0
HEAD_BYTES = 131_072  # what the parser may keep; the app itself takes less (`serving.head`)
TARGET_BYTES = 65_000  # what httptools can take apart


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, with an end to its patience."""

    _until_head: TimerHandle | None = None
    _until_read: TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self.on_message_begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._head_is_there()
        self._stop_waiting_for_a_reader()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless the head has no end."""
        super().data_received(data)
        if self._until_head is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin to wait for the end of the head."""
        super().on_message_begin()
        self._head_is_there()
        self._until_head = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def on_headers_complete(self) -> None:
        """Have the request answered; of an endless target enough is left for the app to refuse it."""
        self._head_is_there()
        self.url = self.url[:TARGET_BYTES]
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._stop_waiting_for_a_reader()
        self._until_read = self.loop.call_later(READING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Write on."""
        self._stop_waiting_for_a_reader()
        super().resume_writing()

    def _head_is_there(self) -> None:
        if self._until_head is not None:
            self._until_head.cancel()
        self._until_head, self._head_bytes = None, 0

    def _stop_waiting_for_a_reader(self) -> None:
        if self._until_read is not None:
            self._until_read.cancel()
        self._until_read = None
