"""A new project folder: joren.toml, filled in as far as the data's header tells, and the example's data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from joren.example import CDNOW_AS_OF, CDNOW_COLUMNS, CDNOW_HORIZON_DAYS, write_cdnow
from joren.template import REQUIRED, project_file_text
from joren.usual_names import guess_columns, read_header

__all__ = ["NewProject", "example_project", "project_for"]

FILE_NAME = "joren.toml"
DATA_NAME = "transactions.csv"


@dataclass(frozen=True)
class NewProject:
    """What was made: ``written`` is False where a joren.toml was there and stays.

    ``columns`` are those recognised in the data (contract name -> the file's), ``header`` all that it has.
    """

    file: Path
    written: bool
    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The required columns that were not recognised in the data."""
        return [column for column in REQUIRED if self.header and column not in self.columns]


def example_project(folder: Path, *, anew: bool = False) -> NewProject:
    """Make ``folder`` with CDNOW's purchases and the question that its publications ask of them."""
    data = folder / DATA_NAME
    if anew or not data.exists():
        folder.mkdir(parents=True, exist_ok=True)
        draft = data.with_suffix(".csv.new")
        write_cdnow(draft)
        draft.replace(data)
    columns = {name: name for name in CDNOW_COLUMNS}
    text = project_file_text(
        DATA_NAME, columns, as_of=CDNOW_AS_OF, horizon_days=CDNOW_HORIZON_DAYS, currency="USD"
    )
    return _written(folder, text, columns, CDNOW_COLUMNS, anew=anew)


def project_for(folder: Path, transactions: Path | None = None, *, anew: bool = False) -> NewProject:
    """Make ``folder`` for the data in ``transactions``, whose columns are recognised by their usual names.

    Without a file, the data is expected as ``transactions.csv`` in the folder, under the contract's names.
    Raises ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    if transactions is None:
        text = project_file_text(DATA_NAME, {name: name for name in REQUIRED})
        return _written(folder, text, {}, (), anew=anew)
    header = read_header(transactions)
    columns = guess_columns(header)
    text = project_file_text(_as_seen_from(folder, transactions), columns)
    return _written(folder, text, columns, header, anew=anew)


def _written(
    folder: Path, text: str, columns: Mapping[str, str], header: tuple[str, ...], *, anew: bool
) -> NewProject:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE_NAME
    if file.exists() and not anew:
        return NewProject(file, written=False)
    file.write_text(text, encoding="utf-8")
    return NewProject(file, written=True, columns=columns, header=header)


def _as_seen_from(folder: Path, file: Path) -> str:
    """Return the path that leads from ``folder`` to ``file``: relative where the file lies within."""
    folder, file = folder.resolve(), file.resolve()
    return str(file.relative_to(folder) if file.is_relative_to(folder) else file)
