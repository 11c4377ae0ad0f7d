"""The ``joren`` command, one file per group of commands; what is slow to import is imported when needed."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Run the command line that ``sys.argv`` holds, and exit with its code."""
    from joren.cli.app import app

    app(prog_name="joren")
