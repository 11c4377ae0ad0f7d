"""What users really bring: bad rows are set aside and counted; what stops a run says which, and the mend."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import Result

from tests.joren.conftest import QUESTION, Writer, joren
from tests.joren.test_one_shot import snapshot

pytestmark = pytest.mark.usefixtures("undrawn")

HEAD = "customer_id,timestamp,amount\n"
GOOD = "".join(f"c-{n:x},2024-{1 + n % 12:02}-{1 + n % 28:02},{10 + n % 7}.50\n" for n in range(60))


def run(data: Path, out: Path, *options: object) -> Result:
    return joren("run", "--transactions", data, *QUESTION, "--out", out, *options)


def stopped(data: Path, out: Path, *options: object) -> str:
    """Run into an existing folder of results, see that it is left as it was, and return what was told."""
    out.mkdir()
    (out / "metrics.json").write_text("{}")
    result = run(data, out, *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) <= 24
    assert snapshot(out) == {"metrics.json": b"{}"}
    return result.stderr


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", ["is empty"]),
        (HEAD, ["has no rows"]),
        (
            "CustomerID,timestamp,amount\n" + GOOD,
            ["customer_id", "nearest 'CustomerID'", "'amount'", "--map customer_id"],
        ),
        (HEAD + GOOD.replace("2024-", "soon-"), ["60 of 60 rows", "timestamp", "row 1", "row 5"]),
        (HEAD + GOOD.replace(".50\n", " pieces\n"), ["amount", "row 1: amount = '10 pieces'"]),
        (HEAD + GOOD + "c-1,2024-01-01,inf\n" * 20, ["20 of 80 rows", "non_finite_amount", "row 61"]),
        (HEAD + GOOD + "c-1,2024-01-01,NaN\n" * 20, ["20 of 80 rows", "amount"]),
        (HEAD + GOOD.replace(",1", ",-1"), ["holds no purchase"]),
        (HEAD + GOOD.replace("2024-", "2026-"), ["no purchase on or before 2025-03-31", "2026-"]),
    ],
    ids=[
        "empty file",
        "no rows",
        "missing column",
        "unreadable dates",
        "text in amounts",
        "infinite amounts",
        "NaN in amounts",
        "only refunds",
        "all after as_of",
    ],
)
def test_what_stops_a_run(written: Writer, tmp_path: Path, content: str, says: list[str]) -> None:
    told = stopped(written(content), tmp_path / "out")
    assert "sales.csv" in told
    assert [words for words in says if words not in told] == []


def test_no_such_file(tmp_path: Path) -> None:
    assert "no file" in stopped(tmp_path / "nowhere.csv", tmp_path / "out")


def test_a_folder_that_was_not_there_is_not_left_behind(written: Writer, tmp_path: Path) -> None:
    result = run(written(HEAD), tmp_path / "deep" / "out")
    assert result.exit_code == 2
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv"}


def test_single_bad_rows_are_set_aside_and_the_run_goes_on(written: Writer, out: Path) -> None:
    data = written(HEAD + GOOD + ",2024-01-01,5\nc-2,never,5\nc-3,2024-01-01,inf\nc-4,2024-01-01,five\n")
    result = run(data, out)
    assert result.exit_code == 0, result.output
    assert "refused" in result.stdout
    rows = json.loads((out / "metrics.json").read_text())["rows"]
    assert (rows["read"], rows["accepted"], rows["refused"]) == (64, 60, 4)
    quarantine = pq.read_table(out / "quarantine.parquet").to_pylist()
    assert [(row["source_row"], row["reason"]) for row in quarantine] == [
        (61, "missing_customer_id"),
        (62, "unreadable_timestamp"),
        (63, "non_finite_amount"),
        (64, "unreadable_amount"),
    ]


def test_repeated_rows_and_rows_after_as_of_are_counted_and_a_missing_zone_is_said(
    written: Writer, out: Path
) -> None:
    naive = GOOD.replace(",1", " 23:30:00,1")
    data = written(HEAD + naive + naive.splitlines()[0] + "\nc-1,2025-04-01,9\nc-new,2025-06-01,9\n")
    result = run(data, out)
    assert result.exit_code == 0, result.output
    metrics = json.loads((out / "metrics.json").read_text())
    counted = {"read": 63, "accepted": 63, "refused": 0, "after_as_of": 2, "repeated": 1}
    assert metrics["rows"] == counted
    assert "lie after 2025-03-31" in result.stdout
    assert any("zone" in note and "UTC" in note for note in metrics["notes"])


def test_japanese_files_are_read_as_they_come(written: Writer, out: Path) -> None:
    """cp932, Japanese headers, ids with zeros, 2024年1月2日, and amounts such as ￥1,234."""
    lines = [f'{n:05},2024年{1 + n % 12}月{1 + n % 28}日,"￥1,{200 + n}",渋谷' for n in range(30)]
    data = written("\r\n".join(["顧客ID,購入日,金額,店舗", *lines, ""]).encode("cp932"))
    mapping = ("--map", "customer_id=顧客ID", "--map", "timestamp=購入日", "--map", "amount=金額")
    result = run(data, out, *mapping, "--zone", "Asia/Tokyo", "--currency", "JPY")
    assert result.exit_code == 0, result.output
    scores = pq.read_table(out / "scores.parquet").to_pandas().set_index("customer_id")
    assert list(scores.index) == [f"{n:05}" for n in range(30)]
    assert scores.loc["00007", "historic_clv"] == 1207.0
    assert set(scores["currency"]) == {"JPY"}
    assert "No time zone" not in result.stdout


def test_check_says_the_same_without_writing(written: Writer, tmp_path: Path) -> None:
    data = written(HEAD + GOOD + "c-2,never,5\n")
    shown = joren("check", "--transactions", data)
    assert shown.exit_code == 0, shown.output
    for words in ("61 rows", "unreadable timestamp", "row 61", "purchases", "Features to come"):
        assert words in shown.stdout
    found = json.loads(joren("check", "--transactions", data, "--json").stdout)
    assert found["rows"] == {"read": 61, "accepted": 60, "refused": 1}
    assert "orders" in found["features"]
    assert joren("check", "--transactions", written(HEAD)).exit_code == 2
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv"}


def test_orders_cancelled_in_full_are_told_of(written: Writer) -> None:
    data = written(HEAD + GOOD + "c-x,2024-05-01,77\nc-x,2024-05-03,-77\n")
    found = json.loads(joren("check", "--transactions", data, "--json").stdout)
    assert any(note.startswith("1 order was entered and cancelled in full") for note in found["notes"])
