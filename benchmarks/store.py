"""What looking after the score store takes, on a copy of a project's.

    python -m benchmarks.store --project demo

``--project``: a folder after `joren run`. The last line is JSON: the store's size, then the seconds of a CSV
of all scores over HTTP, of an erasure with its search of the file, of a backup and of its restore.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.served import Served, served
from joren.backup import back_up, restore
from joren.project import load_project
from serving.audit import Who
from serving.erasure import erase
from serving.store import Store

__all__ = ["looked_after"]

SECONDS = 600.0


def main(arguments: list[str] | None = None) -> int:
    """Measure once."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", type=Path, required=True)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(looked_after(asked.project.resolve(), Path(scratch))))
    return 0


def looked_after(project: Path, scratch: Path) -> dict[str, Any]:
    """Return the seconds of each, on a copy of the project in ``scratch``."""
    copy = scratch / "project"
    shutil.copytree(project, copy, ignore=shutil.ignore_patterns("mlruns"))
    who = Who("benchmark", datetime.now(UTC))
    with served(project, scratch) as service:
        export_s, exported = _timed(lambda: _exported(service))
    with closing(Store.open(f"sqlite:///{copy}/scores.db")) as store:
        erasure_s, receipt = _timed(lambda: erase(store.database, _somebody(exported), who))
    backup, here = scratch / "backup.tar", load_project(copy)
    backup_s, _ = _timed(lambda: back_up(here, backup))
    restore_s, _ = _timed(lambda: restore(here, backup, who, force=True))
    return {
        "store_mib": round((copy / "scores.db").stat().st_size / 2**20, 1),
        "export_mib": round(len(exported) / 2**20, 1),
        "export_s": export_s,
        "erasure_s": erasure_s,
        "erased_rows": receipt.rows,
        "backup_s": backup_s,
        "restore_s": restore_s,
    }


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    began = perf_counter()
    done = act()
    return round(perf_counter() - began, 2), done


def _exported(service: Served) -> bytes:
    headers = {"X-API-Key": service.key, "Accept": "text/csv"}
    ask = urllib.request.Request(f"http://127.0.0.1:{service.port}/v1/scores", headers=headers)
    with urllib.request.urlopen(ask, timeout=SECONDS) as answer:  # noqa: S310 - of the loopback
        return bytes(answer.read())


def _somebody(exported: bytes) -> str:
    """Return the id in the second line of the CSV."""
    return exported.splitlines()[1].split(b",")[0].decode()


if __name__ == "__main__":
    sys.exit(main())
