"""Which of a user's columns is which column of the contract."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from features.contract import Column, TableContract
from features.errors import DataError, MissingColumnError

__all__ = ["matched_columns"]


def matched_columns(
    contract: TableContract, mapping: Mapping[str, str], found: Sequence[str], location: str
) -> dict[str, int]:
    """Return the position in ``found`` of each contract column that is there, in the contract's order.

    ``mapping`` goes from contract columns to the user's; what it does not name is looked up under its own
    name, and an optional column that it maps to "" is left out. Raises `MissingColumnError` where a required
    or a mapped column is not there, and `DataError` where the mapping names no column of the contract, uses
    one column twice, or meets a name that the header holds twice.
    """
    _refuse_unknown_names(contract, mapping)
    users = {column.name: _user_name(column, mapping) for column in contract.columns}
    wanted = {*contract.required, *mapping}
    missing = [name for name, user in users.items() if user and user not in found and name in wanted]
    if missing:
        raise MissingColumnError(
            f"{location} has no column {_quoted(users[name] for name in missing)}.",
            which=[
                *(_nearest(name, users[name], found) for name in missing[:3]),
                f"columns there: {textwrap.shorten(_quoted(found), 600, placeholder=' …')}",
            ],
            mend=_mend(missing),
        )
    present = {name: user for name, user in users.items() if user and user in found}
    _refuse_clashes(present, found, location)
    return {name: found.index(user) for name, user in present.items()}


def _user_name(column: Column, mapping: Mapping[str, str]) -> str:
    user = mapping.get(column.name, column.name).strip()
    return user or (column.name if column.required else "")


def _refuse_unknown_names(contract: TableContract, mapping: Mapping[str, str]) -> None:
    known = [column.name for column in contract.columns]
    unknown = [name for name in mapping if name not in known]
    if unknown:
        raise DataError(
            f"The contract of {contract.name} has no column {_quoted(unknown)}.",
            which=[f"it has: {', '.join(known)}"],
            mend="Map one of these (left of the =) to a column of yours (right of it).",
        )


def _refuse_clashes(present: Mapping[str, str], found: Sequence[str], location: str) -> None:
    for user, uses in Counter(present.values()).items():
        names = [name for name, mapped in present.items() if mapped == user]
        if uses > 1:
            raise DataError(
                f"{location}: the column {user!r} is mapped to {' and '.join(names)}.",
                mend="Map each column to one contract column only.",
            )
        if found.count(user) > 1:
            raise DataError(
                f"{location} has {found.count(user)} columns called {user!r}.",
                mend=f"Rename all but the one that is the {names[0]}.",
            )


def _nearest(name: str, user: str, found: Sequence[str]) -> str:
    folded = {column.casefold(): column for column in found}
    near = [
        *get_close_matches(user.casefold(), folded, n=2, cutoff=0.6),
        *get_close_matches(name.casefold(), folded, n=2, cutoff=0.5),
    ]
    nearest = list(dict.fromkeys(folded[column] for column in near))
    return f"{name}: nearest {_quoted(nearest)}" if nearest else f"{name}: nothing like it"


def _mend(missing: Sequence[str]) -> str:
    flags = " ".join(f"--map {name}=YOUR_COLUMN" for name in missing)
    return f"Say which they are: {flags}, or under columns in joren.toml."


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
