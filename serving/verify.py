"""``python -m serving.verify FOLDER``: is the bundle sound? The service asks in a process of its own.

Ends with 0 where it is; else with 1, and a sentence that says why not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from features.errors import JorenError
from training.bundle import Bundle

__all__ = ["main"]


def main(folder: str) -> int:
    """Read the bundle, and ask it for its golden scores again, behind whatever else wants the processor."""
    os.nice(5)
    try:
        Bundle.verified(Path(folder))
    except JorenError as error:
        sys.stdout.write(" ".join([error.what, *error.which, error.mend]))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
