"""Which of a user's columns is which column of the contract."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from features.contract import CONTRACT, Column, Kind, TableContract, day_of
from features.errors import DataError, MissingColumnError

__all__ = ["attribute_columns", "matched_columns"]


def matched_columns(
    contract: TableContract,
    mapping: Mapping[str, str],
    found: Sequence[str],
    location: str,
    constants: Iterable[str] = (),
) -> dict[str, int]:
    """Return the position in ``found`` of each contract column that is there, in the contract's order.

    ``mapping`` goes from contract columns to the user's; what it does not name is looked up under its own
    name, and an optional column that it maps to "" is left out, as are the ``constants``. Raises
    `MissingColumnError` where a required or a mapped column is not there, and `DataError` where the mapping
    names no column of the contract, uses one column twice, or meets a name that the header holds twice.
    """
    constants = set(constants)
    _refuse_unknown_names(contract, [*mapping, *constants])
    if both := sorted(constants & mapping.keys()):
        raise DataError(
            f"{location}: {_quoted(both)} is both a column and a constant.", mend="Leave one of them out."
        )
    users = {
        column.name: _user_name(column, mapping)
        for column in contract.columns
        if column.name not in constants
    }
    wanted = {*contract.required, *mapping}
    missing = [name for name, user in users.items() if user and user not in found and name in wanted]
    if missing:
        raise MissingColumnError(
            f"{location} has no column {_quoted(users[name] for name in missing)}.",
            which=[
                *(_nearest(name, users[name], found) for name in missing[:3]),
                f"columns there: {textwrap.shorten(_quoted(found), 600, placeholder=' …')}",
            ],
            mend=_mend(contract, missing),
        )
    present = {name: user for name, user in users.items() if user and user in found}
    _refuse_clashes(present, found, location)
    return {name: found.index(user) for name, user in present.items()}


def attribute_columns(
    contract: TableContract, columns: Mapping[str, int], found: Sequence[str]
) -> dict[str, int]:
    """Return the position in ``found`` of each further column, by the name that it is kept under.

    That is its own name, numbered where the contract, or another column, has it already; upper and lower case
    are the same here, as they are to a database. Empty where the contract keeps no further columns.
    """
    if not contract.extras:
        return {}
    taken = {name.casefold() for name in _reserved(contract)} | {
        found[position].casefold() for position in columns.values()
    }
    names: dict[str, int] = {}
    for position, user in enumerate(found):
        if position in columns.values():
            continue
        stem = user.strip() or "column"
        tries = (stem, *(f"{stem}_{number}" for number in range(2, len(found) + len(taken) + 2)))
        name = next(one for one in tries if one.casefold() not in taken)
        taken.add(name.casefold())
        names[name] = position
    return names


def _reserved(contract: TableContract) -> Iterator[str]:
    yield from ("source_row", "reason", "as_of", "age_days")
    for column in contract.columns:
        yield column.name
        if column.kind is Kind.TIME:
            yield day_of(column.name)


def _user_name(column: Column, mapping: Mapping[str, str]) -> str:
    user = mapping.get(column.name, column.name).strip()
    return user or (column.name if column.required else "")


def _refuse_unknown_names(contract: TableContract, names: Iterable[str]) -> None:
    known = [column.name for column in contract.columns]
    unknown = [name for name in names if name not in known]
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


def _mend(contract: TableContract, missing: Sequence[str]) -> str:
    if contract is not CONTRACT["transactions"]:
        return f"Say which they are, under [tables.{contract.name}.columns] in joren.toml."
    flags = " ".join(f"--map {name}=YOUR_COLUMN" for name in missing)
    return f"Say which they are: {flags}, or under columns in joren.toml."


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
