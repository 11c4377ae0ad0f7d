"""Publishers that can be killed: one process imports everything once, and forks a child for each publication.

Told a store's URL and a run's name (and, if need be, the largest file that may be written) on a line of its
standard input, the child prints its pid when it is about to publish, and this process, how it has ended.
"""

from __future__ import annotations

import os
import resource
import sys

from serving import publishing
from serving.batch import ScoredRun, publish_run
from serving.store import Store
from tests.serving.frames import PUBLISHED_AT, shop

CUSTOMERS = 150
publishing.CHUNK_ROWS = 10


def main() -> None:
    print(0, flush=True)  # noqa: T201 - all is imported
    for line in sys.stdin:
        url, run_id, *largest = line.split()
        pid = os.fork()
        if not pid:
            os._exit(publish(url, run_id, *map(int, largest)))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


def publish(url: str, run_id: str, largest_file: int = resource.RLIM_INFINITY) -> int:
    store, run = Store.open(url), ScoredRun(*shop(CUSTOMERS, run_id=run_id))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    print(os.getpid(), flush=True)  # noqa: T201 - what the test waits for
    try:
        publish_run(run, store, published_at=PUBLISHED_AT)
    except Exception as error:  # noqa: BLE001 - its name is the answer
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    main()
