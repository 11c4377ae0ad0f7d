"""A job's process: ``python -m joren.scoring_child FOLDER [AS_OF]`` scores a project and tells how far it is.

Each line on standard output is a JSON object: a ``step`` that begins, at the end the ``run_id``, or a
``problem``. It lives no longer than whoever started it: when its standard input ends, it kills itself, which
at any moment leaves the run before in place.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from features.errors import JorenError

__all__ = ["main"]


class Told:
    """Tells of each step as it begins."""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Tell of a step, and let it be done."""
        _say(step=title)
        yield


def main(folder: str, as_of: str = "") -> int:
    """Score; return the exit code."""
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    from joren.project import load_project
    from serving.logs import configure_logging

    configure_logging("WARNING")
    logging.captureWarnings(capture=True)
    try:
        project = load_project(Path(folder))
        if as_of:
            project = replace(project, as_of=date.fromisoformat(as_of))
        from joren.pipeline import score_project

        _say(run_id=score_project(project, Told()).run_id)
    except JorenError as error:
        _say(problem=error.what)
        return error.exit_code
    except Exception:
        logging.getLogger("joren.jobs").exception("fault")
        _say(problem="The fault is Joren's: the service's log says where.")
        return 1
    return 0


def _say(**told: str) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _die_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1):  # not buffered: a lock on the buffer would outlive the main thread
        pass
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
