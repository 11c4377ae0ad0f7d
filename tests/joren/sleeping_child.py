"""A job that only waits for whoever started it to die."""

import os
import threading
import time

from joren.scoring_child import _die_with_the_parent, _say

if __name__ == "__main__":
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    _say(step=str(os.getpid()))
    time.sleep(120)
