"""Jobs of the service as processes: each scores its project alone, and can be killed without harm."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["ScoringProcess"]

CHILD = "joren.scoring_child"


class ScoringProcess:
    """``joren score`` in a process group of its own."""

    def __init__(self, project: Path, asked: Mapping[str, Any]) -> None:
        """Start it; raises ``OSError``."""
        command = [sys.executable, "-m", CHILD, str(project), asked["as_of"] or ""]
        self._process = subprocess.Popen(  # noqa: S603 - our own module, and a date
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def messages(self) -> Iterator[Mapping[str, str]]:
        """Yield what it says until it ends."""
        assert self._process.stdout is not None  # noqa: S101 - told to mypy
        for line in self._process.stdout:
            if line.startswith("{"):  # a library's own words are none of ours
                yield json.loads(line)

    def stop(self) -> None:
        """Kill it and what it started, unless it has ended."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def exit_code(self) -> int:
        """Wait for its end; negative: the signal that killed it."""
        code = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        return code
