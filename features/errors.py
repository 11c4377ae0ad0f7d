"""Joren's errors, drawn whole for this room; each other room has a branch in its own ``errors.py``.

::

    JorenError                      1   a fault of Joren's, unless a branch says otherwise
    └── DataError                   2   what the user gave cannot be used as it is
        ├── SourceNotFoundError         no such file or table
        ├── UnreadableSourceError       there, but not readable as what it claims to be
        ├── MissingColumnError          a required column is not there
        ├── TooManyRefusedError         more than the allowed share of rows broke the contract
        ├── NothingUsableError          no row is left to work with
        ├── UnknownZoneError            the business zone is not a zone that exists
        ├── MixedCurrencyError          more than one currency, and no rate
        ├── RowsRefusedError            rows in hand break the contract
        └── ImmatureWindowError         the data ends before the outcome window does

The number is the command line's exit code. A message says what is wrong, which (the first five), and how to
mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Protocol

__all__ = [
    "DataError",
    "ImmatureWindowError",
    "JorenError",
    "MissingColumnError",
    "MixedCurrencyError",
    "NothingUsableError",
    "RowsRefusedError",
    "SourceNotFoundError",
    "TooManyRefusedError",
    "UnknownZoneError",
    "UnreadableSourceError",
]

SHOWN = 5


class JorenError(Exception):
    """The root. ``what`` is one sentence, ``which`` the offenders (five are shown), ``mend`` the way out.

    >>> print(JorenError("Two rows are bad.", which=["row 2", "row 7"], mend="Correct them."))
    Two rows are bad.
      row 2
      row 7
    Correct them.
    """

    exit_code = 1

    def __init__(self, what: str, *, which: Iterable[str] = (), mend: str = "") -> None:
        self.what = what
        self.which = tuple(islice(which, SHOWN))
        self.mend = mend
        super().__init__("\n".join([what, *(f"  {one}" for one in self.which), *([mend] if mend else [])]))


class DataError(JorenError):
    """The user's data or the question asked of it cannot be used as it is."""

    exit_code = 2


class SourceNotFoundError(DataError):
    """No such file or table."""


class UnreadableSourceError(DataError):
    """The source is there, but cannot be read as what it claims to be."""


class MissingColumnError(DataError):
    """A required column is not there."""


class TooManyRefusedError(DataError):
    """More than the allowed share of rows broke the contract."""


class NothingUsableError(DataError):
    """No row is left to work with."""


class UnknownZoneError(DataError):
    """The business zone is not one that exists."""


class MixedCurrencyError(DataError):
    """More than one currency, and no rate between them."""


class RefusedRow(Protocol):
    """A row that breaks the contract: the place in its table, from 0, and the reason, as in a quarantine."""

    @property
    def table(self) -> str:
        """The contract table."""

    @property
    def row(self) -> int:
        """The place in it."""

    @property
    def reason(self) -> str:
        """The reason's code."""


class RowsRefusedError(DataError):
    """Rows in hand break the contract; ``refused`` tells which and why, and nothing of what they hold."""

    def __init__(self, refused: Sequence[RefusedRow]) -> None:
        self.refused = tuple(refused)
        which = (f"row {one.row} of {one.table}: {one.reason}" for one in self.refused)
        super().__init__(f"{len(self.refused)} rows break the data contract.", which=which)


class ImmatureWindowError(DataError):
    """The data ends before the outcome window does."""
