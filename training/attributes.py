"""What the customers' table says of each beyond the contract, as numbers that models take.

A number stays one. Of words, the frequent ones get a column each, and the others one together; a word that
was not there when this was learned is missing, unless there were others. Attributes carry no time: they are
taken as they stand in the data, at every moment alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import numpy as np
import pandas as pd

from features.errors import DataError
from features.names import plain
from features.tables import Tables

__all__ = ["Attributes", "attribute_of", "attribute_text"]

PREFIX = "customers."
EQUALS = " = "
OTHERS = "…"
MOST_WORDS = 10
FEWEST_CUSTOMERS = 20  # of whom a word is said, below which it is among the others
FEWEST_NUMBERS = 10  # different ones, up to which numbers are words


@dataclass(frozen=True)
class Attributes:
    """How attributes become columns: ``numbers`` as they are, of ``words`` those that have a column.

    The words of an attribute end with ``OTHERS`` where there were others.
    """

    numbers: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def learn(cls, tables: Tables, as_of: date, names: Sequence[str]) -> Self:
        """Learn from the customers known at ``as_of``; upper and lower case do not matter in ``names``.

        Raises ``DataError`` where the data has no such attribute.
        """
        if not names:
            return cls()
        texts = _texts(tables, as_of, _columns(tables, names))
        numbers = tuple(str(name) for name in texts if _is_number(texts[name]))
        words = {str(name): _frequent(texts[name]) for name in texts if name not in numbers}
        return cls(numbers, words)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: ``customers.Age``, ``customers.Plan = Gold``."""
        by_word = (f"{PREFIX}{name}{EQUALS}{word}" for name, words in self.words.items() for word in words)
        return (*(f"{PREFIX}{name}" for name in self.numbers), *by_word)

    def beside(self, behaviour: pd.DataFrame, tables: Tables, as_of: date) -> pd.DataFrame:
        """Return a behaviour table of ``as_of`` with the columns beside it, float64, NaN where unknown.

        ``behaviour`` has the customer_id in a column, or in its index.
        """
        return self.said_of(behaviour, _texts(tables, as_of, self.names)) if self.columns else behaviour

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes' own names."""
        return (*self.numbers, *self.words)

    def said_of(self, behaviour: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
        """Return ``behaviour`` with the columns beside it; ``texts``: the attributes by customer_id."""
        rows = behaviour if "customer_id" in behaviour else behaviour.index.to_frame()
        texts = texts.reindex(rows["customer_id"])
        coded = {
            f"{PREFIX}{name}": pd.to_numeric(texts[name], errors="coerce").to_numpy(np.float64)
            for name in self.numbers
        }
        for name, words in self.words.items():
            said = texts[name].to_numpy(dtype=object)
            known = pd.notna(said)
            if OTHERS in words:
                said = np.where(known & ~np.isin(said, words), OTHERS, said)
            else:
                known &= np.isin(said, words)
            coded |= {
                f"{PREFIX}{name}{EQUALS}{word}": np.where(known, said == word, np.nan).astype(np.float64)
                for word in words
            }
        return behaviour.join(pd.DataFrame(coded, index=behaviour.index))

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return {
            "numbers": list(self.numbers),
            "words": {name: list(words) for name, words in self.words.items()},
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        return cls(tuple(kept["numbers"]), {name: tuple(words) for name, words in kept["words"].items()})


def attribute_of(column: str) -> str | None:
    """Return the attribute behind a column of a table; None for a feature of the catalogue.

    >>> attribute_of("customers.Plan = Gold"), attribute_of("customers.Age"), attribute_of("orders")
    ('Plan', 'Age', None)
    """
    if not column.startswith(PREFIX):
        return None
    return column.removeprefix(PREFIX).partition(EQUALS)[0]


def attribute_text(attribute: str, row: Mapping[str, object], language: str) -> str:
    """Return an attribute of one row in words.

    >>> attribute_text("Plan", {"customers.Plan = Gold": 1.0, "customers.Plan = Free": 0.0}, "en")
    'Plan: Gold'
    """
    colon = "：" if language == "ja" else ": "
    alone = row.get(f"{PREFIX}{attribute}")
    if isinstance(alone, float):
        return f"{attribute}{colon}{_unknown(language) if np.isnan(alone) else f'{alone:,.6g}'}"
    start = f"{PREFIX}{attribute}{EQUALS}"
    said = (name.removeprefix(start) for name, value in row.items() if name.startswith(start) and value == 1)
    word = next(said, _unknown(language))
    return f"{attribute}{colon}{_others(language) if word == OTHERS else word}"


def _unknown(language: str) -> str:
    return "不明" if language == "ja" else "not known"


def _others(language: str) -> str:
    return "その他" if language == "ja" else "another"


def _columns(tables: Tables, names: Sequence[str]) -> list[str]:
    """Return the columns that hold the attributes; raises ``DataError`` where one is not there."""
    report = tables.reports.get("customers")
    found = {} if report is None else {plain(user): name for name, user in report.attributes.items()}
    missing = [name for name in names if plain(name) not in found]
    if missing:
        raise DataError(
            "The customers' table has no such attribute.",
            which=missing,
            mend=f"[data] attributes may name {', '.join(found and report.attributes.values()) or 'none'}."
            if report
            else "Name the table that holds them under [tables.customers].",
        )
    return list(dict.fromkeys(found[plain(name)] for name in names))


def _texts(tables: Tables, as_of: date, names: Sequence[str]) -> pd.DataFrame:
    """Return what is said of each customer, by customer_id: text, None where nothing is."""
    known = tables.known("customers", as_of)
    if known is None:
        return pd.DataFrame(columns=list(names), dtype=object)
    rows = known.select("customer_id", *names).to_pandas()
    texts: pd.DataFrame = rows.drop_duplicates("customer_id", keep="last").set_index("customer_id")
    return texts


def _is_number(texts: pd.Series) -> bool:
    numbers = pd.to_numeric(texts, errors="coerce")
    return bool(numbers.notna().eq(texts.notna()).all()) and numbers.nunique() > FEWEST_NUMBERS


def _frequent(texts: pd.Series) -> tuple[str, ...]:
    """Return the words that get a column, the most frequent first."""
    counts = texts.value_counts()
    ordered = sorted(counts.items(), key=lambda each: (-each[1], str(each[0])))
    frequent = tuple(str(word) for word, count in ordered[:MOST_WORDS] if count >= FEWEST_CUSTOMERS)
    return (*frequent, OTHERS) if len(frequent) < len(ordered) else frequent
