import csv
import subprocess
import sys
from pathlib import Path

from joren.example import cdnow_rows, write_cdnow


def test_cdnow_is_whole_and_its_ids_keep_their_zeros(tmp_path: Path) -> None:
    assert write_cdnow(tmp_path / "t.csv") == 69_659
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {
        "customer_id": "00001",
        "timestamp": "1997-01-01",
        "quantity": "1",
        "amount": "11.77",
    }
    assert len({row["customer_id"] for row in rows}) == 23_570
    assert (min(row["timestamp"] for row in rows), max(row["timestamp"] for row in rows)) == (
        "1997-01-01",
        "1998-06-30",
    )


def test_reading_the_example_does_not_import_lifetimes() -> None:
    program = (
        "import sys; from joren.example import cdnow_rows\n"
        "next(cdnow_rows()); print('lifetimes' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "False\n"
    assert next(cdnow_rows())[0] == "00001"
