import errno
import os
import tempfile
from pathlib import Path

import pytest

from joren.errors import OutputError
from joren.workplace import workplace


def test_a_folder_made_for_a_run_that_failed_is_gone_with_its_parents(tmp_path: Path) -> None:
    with pytest.raises(KeyError), workplace(tmp_path / "a" / "b"):
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_got_results_stays(tmp_path: Path) -> None:
    with workplace(tmp_path / "a" / "b") as stage:
        (stage.new / "metrics.json").write_text("{}")
        stage.commit("metrics.json")
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["metrics.json"]


def test_temporary_files_stay_within_the_folder(tmp_path: Path) -> None:
    outside = tempfile.gettempdir()
    with workplace(tmp_path):
        with tempfile.NamedTemporaryFile() as file:
            assert tmp_path in Path(file.name).parents
        assert tmp_path in Path(os.environ["MPLCONFIGDIR"]).parents
    assert tempfile.gettempdir() == outside
    assert "MPLCONFIGDIR" not in os.environ


def test_a_full_disk_is_no_fault_of_joren(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space left") as refusal, workplace(tmp_path / "out"):
        raise OSError(errno.ENOSPC, "No space left on device", "scores.parquet")
    assert "scores.parquet" in refusal.value.what
    with pytest.raises(FileNotFoundError), workplace(tmp_path / "out") as stage:
        (stage.new / "nothing").read_text()


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(OutputError, match="file exists"), workplace(tmp_path / "out"):
        pass
