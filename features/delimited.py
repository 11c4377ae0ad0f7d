"""CSV files of any encoding and delimiter, as batches of text with the number of each row.

The rows are those that Python's `csv` module would give (blank lines are none), read by Arrow. Nothing is
inferred: every value is text. A row with more or fewer fields than the header is not lost: it is put
among the `ragged`.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from features.errors import UnreadableSourceError

__all__ = ["DelimitedFile", "Ragged", "open_delimited"]

BLOCK_BYTES = 16 << 20  # the longest row that can be read, too
DELIMITERS = (",", ";", "\t", "|")
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or a zip archive",
    b"\x1f\x8b": "gzipped",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}


@dataclass(frozen=True)
class Ragged:
    """A row whose number of fields is not the header's."""

    source_row: int
    fields: int
    text: str


@dataclass(frozen=True)
class DelimitedFile:
    """A CSV file whose encoding, delimiter and header are known."""

    path: Path
    encoding: str
    delimiter: str
    names: tuple[str, ...]
    notes: tuple[str, ...]
    ragged: list[Ragged] = field(default_factory=list)

    def batches(self, positions: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """Yield ``source_row`` and the columns at ``positions``, in the file's order; fills ``ragged``."""
        labels = [str(position) for position in range(len(self.names))]
        reader = pacsv.open_csv(
            self.path,
            read_options=pacsv.ReadOptions(
                use_threads=False,  # so that an invalid row has its number
                block_size=BLOCK_BYTES,
                column_names=labels,
                encoding="utf-8" if self.encoding == "utf-8-sig" else self.encoding,
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=self._set_aside
            ),
            convert_options=pacsv.ConvertOptions(
                include_columns=[labels[position] for position in positions],
                column_types=dict.fromkeys(labels, pa.string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
        after_last = 0
        for batch in self._parsed(reader):
            rows, after_last = self._numbered(after_last, batch.num_rows)
            header_rows = int(len(rows) > 0 and rows[0] == 0)
            columns = [pa.array(rows), *batch.columns]
            names = ["source_row", *(str(position) for position in positions)]
            yield pa.RecordBatch.from_arrays(columns, names=names).slice(header_rows)

    def _parsed(self, reader: pacsv.CSVStreamingReader) -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except pa.ArrowInvalid as error:
            raise UnreadableSourceError(
                f"{self.path} cannot be read as CSV: {error}",
                mend="A quotation mark that is never closed does this; so does a row of more than 16 MB.",
            ) from error

    def _set_aside(self, row: pacsv.InvalidRow) -> str:
        self.ragged.append(Ragged(row.number - 1, row.actual_columns, row.text))
        return "skip"

    def _numbered(self, first: int, count: int) -> tuple[np.ndarray, int]:
        """Return the numbers of ``count`` good rows from ``first`` on, past the ragged, and the next one."""
        ragged = [row.source_row for row in self.ragged if row.source_row >= first]
        rows = np.arange(first, first + count + len(ragged))
        if ragged:
            rows = np.setdiff1d(rows, ragged)[:count]
        return rows, int(rows[-1]) + 1 if count else first


def open_delimited(path: Path, wanted: Collection[str]) -> DelimitedFile:
    """Find out how ``path`` is encoded and delimited, and what its columns are called.

    The delimiter is the one under which the header holds most of the ``wanted`` names, then most columns.
    Raises `UnreadableSourceError` where it is no text, or has no header.
    """
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = "".join(_first_line(file))
    headers = {delimiter: _header(head, delimiter) for delimiter in DELIMITERS}
    delimiter = max(DELIMITERS, key=lambda mark: (len(set(headers[mark]) & set(wanted)), len(headers[mark])))
    names = headers[delimiter]
    if not any(names):
        raise UnreadableSourceError(
            f"{path} is empty: it has no header.", mend="Its first line has to name the columns."
        )
    notes = [] if encoding == "utf-8" else [f"the file is encoded as {encoding}, as guessed from its bytes"]
    if delimiter != ",":
        notes.append(f"the fields are separated by {delimiter!r}")
    return DelimitedFile(path, encoding, delimiter, names, tuple(notes))


def _first_line(file: io.TextIOBase) -> Iterator[str]:
    """Yield the lines of the first record that is not blank: a quoted name may hold line ends."""
    quotes = 0
    started = False
    for line in file:
        if not started and not line.strip("\r\n"):
            continue
        started = True
        quotes += line.count('"')
        yield line
        if quotes % 2 == 0:
            return


def _header(line: str, delimiter: str) -> tuple[str, ...]:
    return tuple(
        name.strip() for name in next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), ())
    )


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
    for magic, what in FOREIGN.items():
        if start.startswith(magic):
            raise UnreadableSourceError(f"{path} is {what}, not CSV.", mend="Save it as CSV or Parquet.")
    marked = [encoding for bom, encoding in BOMS.items() if start.startswith(bom)]
    failures = []
    for encoding in marked or ("utf-8", "cp932"):
        try:
            with path.open(encoding=encoding, newline="") as file:
                while file.read(1 << 22):
                    pass
        except UnicodeDecodeError as error:
            failures.append(f"{encoding}: {error.reason}")
        else:
            return encoding
    raise UnreadableSourceError(
        f"{path} is in no encoding that Joren knows: UTF-8, UTF-16 with its mark, Shift_JIS (cp932).",
        which=failures,
        mend="Save it as UTF-8.",
    )
