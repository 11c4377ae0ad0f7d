"""A new project folder: joren.toml, filled in as far as the files tell, and the example's data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from features.contract import CONTRACT
from features.opening import WITHIN
from features.tables import Labelled, Source
from joren.errors import ConfigError
from joren.example import CDNOW_AS_OF, CDNOW_COLUMNS, CDNOW_HORIZON_DAYS, write_cdnow
from joren.recognise import Found, Place, places_in, recognise, seen_as
from joren.template import project_file_text
from training.leaks import is_named_like_a_leak

__all__ = ["NewProject", "example_project", "project_for"]

FILE_NAME = "joren.toml"
DATA_NAME = "transactions.csv"
SUFFIXES = {".csv", ".tsv", ".txt", ".parquet", ".pq", ".duckdb"}


@dataclass(frozen=True)
class NewProject:
    """What was made: ``written`` is False where a joren.toml was there and stays.

    ``tables`` are those recognised, ``unused`` the places that were not. ``attributes``: columns of the
    customers' table to learn from, ``leaks`` those that are left out for their names.
    """

    file: Path
    written: bool
    tables: Mapping[str, Found] = field(default_factory=dict)
    unused: tuple[Place, ...] = ()
    attributes: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every required column of the tables was recognised."""
        return not any(found.missing(table) for table, found in self.tables.items())


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
        {"transactions": Source(DATA_NAME, columns)},
        as_of=CDNOW_AS_OF,
        horizon_days=CDNOW_HORIZON_DAYS,
        currency="USD",
    )
    return _written(folder, text, {"transactions": Found(Place(data), columns, CDNOW_COLUMNS)}, (), anew=anew)


def project_for(
    folder: Path,
    transactions: Path | None = None,
    files: Sequence[Path] = (),
    *,
    anew: bool = False,
    today: date | None = None,
) -> NewProject:
    """Make ``folder`` for the data in ``transactions`` and ``files`` (a folder stands for the files in it).

    Which file is which table, and which column which, is told by their usual names. Without a file, the data
    is expected as ``transactions.csv`` in the folder, under the contract's names. A labelled table without
    dates is taken to be of the first of the month of ``today``. Raises ``ConfigError`` where no file looks
    like transactions or subscriptions, and ``SourceNotFoundError`` or ``UnreadableSourceError``.
    """
    if transactions is None and not files:
        required = {name: name for name in CONTRACT["transactions"].required}
        text = project_file_text({"transactions": Source(DATA_NAME, required)})
        return _written(folder, text, {}, (), anew=anew)
    named = _named(transactions) if transactions else None
    others = [place for place in places_in(_listed(files)) if place != named]
    tables = recognise(others)
    if named:
        tables = {"transactions": seen_as("transactions", named)} | {
            name: found for name, found in tables.items() if name != "transactions"
        }
    if not tables.keys() & {"transactions", "subscriptions"}:
        raise ConfigError(
            "None of the files looks like transactions: a customer, a time and an amount.",
            which=[str(place) for place in others],
            mend="Say which it is: --transactions FILE",
        )
    taken_on = (today or datetime.now(UTC).date()).replace(day=1)
    sources = {name: _source(folder, found, taken_on) for name, found in tables.items()}
    taken = {found.place for found in tables.values()}
    unused = tuple(place for place in others if place not in taken)
    labelled = tables.get("subscriptions")
    if labelled is None or not labelled.labels:
        return _written(folder, project_file_text(sources), tables, unused, anew=anew)
    attributes, leaks = _attributes_of(tables["customers"], labelled)
    last_month = taken_on - (taken_on - timedelta(days=1)).replace(day=1)
    text = project_file_text(
        sources, as_of=taken_on, horizon_days=last_month.days, attributes=attributes, leaks=leaks
    )
    made = _written(folder, text, tables, unused, anew=anew)
    return replace(made, attributes=attributes, leaks=leaks) if made.written else made


def _source(folder: Path, found: Found, taken_on: date) -> Source:
    return Source(
        _as_seen_from(folder, found.place.path),
        found.columns,
        found.constants,
        table=found.place.table,
        labelled=Labelled(taken_on, **found.labels) if found.labels else None,
    )


def _attributes_of(customers: Found, labelled: Found) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what is said of customers beside their contracts, and what of it are leaks by name."""
    used = {*customers.columns.values(), *labelled.columns.values(), *labelled.labels.values()}
    further = [name for name in customers.header if name not in used]
    leaks = tuple(name for name in further if is_named_like_a_leak(name))
    return tuple(name for name in further if name not in leaks), leaks


def _named(transactions: Path) -> Place:
    path, _, table = str(transactions).partition(WITHIN)
    return Place(Path(path), table)


def _listed(files: Iterable[Path]) -> list[Path]:
    """Return the files, those in folders by name; each once."""
    listed: list[Path] = []
    for path in files:
        if path.is_dir():
            listed += sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
        else:
            listed.append(path)
    return list(dict.fromkeys(listed))


def _written(
    folder: Path, text: str, tables: Mapping[str, Found], unused: tuple[Place, ...], *, anew: bool
) -> NewProject:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE_NAME
    if file.exists() and not anew:
        return NewProject(file, written=False)
    file.write_text(text, encoding="utf-8")
    return NewProject(file, written=True, tables=tables, unused=unused)


def _as_seen_from(folder: Path, file: Path) -> str:
    """Return the path that leads from ``folder`` to ``file``: relative where the file lies within."""
    folder, file = folder.resolve(), file.resolve()
    return str(file.relative_to(folder) if file.is_relative_to(folder) else file)
