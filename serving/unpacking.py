"""Bodies that come compressed: gzip, unpacked while it arrives, never beyond a limit."""

from __future__ import annotations

import zlib

from serving.errors import MalformedBodyError

__all__ = ["Gunzip", "Plain"]

GZIP = 31  # zlib's window bits for gzip's own header and checksum


class Plain:
    """What is not compressed is handed on as it comes."""

    def feed(self, chunk: bytes, limit: int) -> bytes:  # noqa: ARG002 - as of Gunzip
        """Return the chunk."""
        return chunk

    def end(self) -> None:
        """Nothing can be missing."""


class Gunzip:
    """One gzip member, whole; what follows it is refused, so that nobody reads another end into it."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(GZIP)

    def feed(self, chunk: bytes, limit: int) -> bytes:
        """Return what the chunk unpacks to, but no more than ``limit`` bytes and one.

        Raises ``MalformedBodyError`` where it is no gzip.
        """
        try:
            unpacked = self._stream.decompress(chunk, limit + 1)
        except zlib.error as error:
            raise MalformedBodyError("The body is not the gzip that its Content-Encoding says.") from error
        if self._stream.unused_data:
            raise MalformedBodyError("Something follows the end of the gzip.", mend="Send it as one member.")
        return unpacked

    def end(self) -> None:
        """Raise ``MalformedBodyError`` where the gzip has not ended."""
        if not self._stream.eof:
            raise MalformedBodyError("The gzip breaks off.", mend="Send it whole.")
