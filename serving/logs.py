"""One JSON object a line. A log names route templates and request ids, never customers, queries or keys."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

__all__ = ["JsonLines", "configure_logging"]

FIELDS = "joren"
WRITE = json.JSONEncoder(ensure_ascii=False).encode


class JsonLines(logging.Formatter):
    """Formats a record as JSON, with the fields of ``extra={"joren": {…}}`` beside its message.

    An exception appears as its class and where it was raised; its text may hold a customer's data and stays
    out.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__name__
            line["raised_at"] = _places(record.exc_info[2])
        return WRITE(line)


def configure_logging(level: str) -> None:
    """Send everything from ``level`` on to standard error as JSON lines, for the whole process.

    What no line says is not looked up either: the place in the source, the thread, the process.
    """
    logging._srcfile = None  # noqa: SLF001 - logging's own manual names it for this
    logging.logThreads = logging.logProcesses = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
