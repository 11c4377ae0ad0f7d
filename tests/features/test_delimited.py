"""CSV of any encoding and delimiter, row for row what Python's csv module reads."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import delimited
from features.delimited import DelimitedFile, open_delimited
from features.errors import UnreadableSourceError

NAMES = {"customer_id", "timestamp", "amount"}
HEADER = "customer_id,timestamp,amount\n"


def rows_of(file: DelimitedFile) -> dict[int, list[str]]:
    """Every good row, whole, by its number."""
    rows = {}
    for batch in file.batches(range(len(file.names))):
        numbers, *columns = batch.to_pydict().values()
        rows |= {number: list(row) for number, *row in zip(numbers, *columns, strict=True)}
    return rows


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


hostile = st.text(st.sampled_from("ab\"\n\r, ;\t\0あ'\\"), max_size=40)
cells = st.lists(
    st.lists(st.text(st.sampled_from('ab"\n\r,;あ'), max_size=4), min_size=1, max_size=5), max_size=12
)


def written(rows: list[list[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue()


@settings(max_examples=150, deadline=None)
@given(body=hostile | cells.map(written))
def test_the_rows_are_those_of_the_csv_module(body: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    text = HEADER + body
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row][1:]
    file = open_delimited(write(tmp_path_factory.mktemp("csv") / "t.csv", text), NAMES)
    good = rows_of(file)
    assert good == {number: row for number, row in enumerate(expected, 1) if len(row) == 3}
    ragged = {number: len(row) for number, row in enumerate(expected, 1) if len(row) != 3}
    assert {row.source_row: row.fields for row in file.ragged} == ragged


def test_rows_keep_their_numbers_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 64)
    lines = ["ragged" if number % 7 == 0 else f"c-{number},2026-11-22,{number}" for number in range(1, 100)]
    file = open_delimited(write(tmp_path / "t.csv", HEADER + "\n".join(lines)), NAMES)
    assert all(row == [f"c-{number}", "2026-11-22", str(number)] for number, row in rows_of(file).items())
    assert [row.source_row for row in file.ragged] == list(range(7, 100, 7))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
def test_japanese_headers_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    text = '顧客番号,日時,金額\r\n00123,2026年11月22日,"￥1,234"\r\n髙橋①,2026/11/22,５\r\n'
    file = open_delimited(write(tmp_path / "t.csv", text, encoding), NAMES)
    assert file.names == ("顧客番号", "日時", "金額")
    assert rows_of(file) == {1: ["00123", "2026年11月22日", "￥1,234"], 2: ["髙橋①", "2026/11/22", "５"]}
    assert [encoding in note for note in file.notes] == ([] if encoding == "utf-8" else [True])


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_delimiters(tmp_path: Path, mark: str) -> None:
    text = f'"name, first"{mark}customer_id{mark}amount\nA{mark}c-7f{mark}12,50\n'
    file = open_delimited(write(tmp_path / "t.csv", text), NAMES)
    assert file.names == ("name, first", "customer_id", "amount")
    assert rows_of(file) == {1: ["A", "c-7f", "12,50"]}
    assert repr(mark) in file.notes[0]


def test_a_header_may_follow_blank_lines_and_hold_line_ends(tmp_path: Path) -> None:
    file = open_delimited(write(tmp_path / "t.csv", '\n\r\n"customer\nid", amount \nc-7f,1\n'), NAMES)
    assert file.names == ("customer\nid", "amount")
    assert rows_of(file) == {1: ["c-7f", "1"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\x1f\x8brest", "gzipped"),
        ("customer_id\nCaf\xe9\n".encode("latin-1"), "no encoding that Joren knows"),
        (b"\xff\xfea", "no encoding that Joren knows"),
    ],
)
def test_what_is_no_csv_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableSourceError, match=message):
        open_delimited(path, NAMES)


def test_a_quote_that_is_never_closed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 256)
    path = write(tmp_path / "t.csv", HEADER + 'c-7f,"2026-11-22,1\n' + "c-7f,2026-11-22,1\n" * 100)
    with pytest.raises(UnreadableSourceError, match="quotation mark"):
        rows_of(open_delimited(path, NAMES))
