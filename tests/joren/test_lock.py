import os
import subprocess
import sys
from pathlib import Path

import pytest

from joren.errors import RunLockedError
from joren.lock import LOCK_NAME, one_run_at_a_time


def test_a_second_run_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with one_run_at_a_time(tmp_path), pytest.raises(RunLockedError) as refusal, one_run_at_a_time(tmp_path):
        pass
    assert refusal.value.exit_code == 4
    assert refusal.value.which == (f"process {os.getpid()}",)


def test_the_lock_is_gone_after_the_run_also_where_the_run_failed(tmp_path: Path) -> None:
    with pytest.raises(KeyError), one_run_at_a_time(tmp_path):
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    with one_run_at_a_time(tmp_path):
        assert (tmp_path / LOCK_NAME).exists()


def test_the_lock_of_a_killed_process_locks_nothing(tmp_path: Path) -> None:
    holding = (
        "import sys, time; from pathlib import Path; from joren.lock import one_run_at_a_time\n"
        "with one_run_at_a_time(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLockedError, match=f"process {holder.pid}"), one_run_at_a_time(tmp_path):
            pass
        holder.kill()
    assert (tmp_path / LOCK_NAME).exists()
    with one_run_at_a_time(tmp_path):
        pass
    assert not (tmp_path / LOCK_NAME).exists()
