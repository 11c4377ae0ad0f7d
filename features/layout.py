"""What a business's data has, kept with a model, so that rows in hand are read as the data was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from features.contract import CONTRACT
from features.tables import Rules

if TYPE_CHECKING:
    from features.tables import Tables

__all__ = ["Layout"]


@dataclass(frozen=True)
class Layout:
    """What is there, and the rules, as in `Tables`: small, and without a row.

    ``billed``: transactions were not given, and are the subscriptions' own bills. ``rates``: pairs of a
    currency, and what one unit of it is worth in that of the business, in decimal digits.
    """

    there: frozenset[str]
    rules: Rules
    contract: bool
    billed: bool
    rates: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, tables: Tables) -> Self:
        """Return the layout of ``tables``."""
        rates = tuple((currency, str(rate)) for currency, rate in sorted(tables.rates.items()))
        return cls(tables.there, tables.rules, contract=tables.contract, billed=tables.billed, rates=rates)

    @property
    def tables(self) -> tuple[str, ...]:
        """The contract's tables that are looked at, transactions among them, in the contract's order."""
        return tuple(name for name in CONTRACT if name in self.there)

    @property
    def given(self) -> tuple[str, ...]:
        """Those of them that a business hands over: bills are not."""
        return tuple(name for name in self.tables if not (self.billed and name == "transactions"))

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        return asdict(self) | {"there": sorted(self.there)}

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        there, rules = frozenset(kept["there"]), Rules(**kept["rules"])
        rates = tuple((currency, rate) for currency, rate in kept["rates"])
        return cls(**{**kept, "there": there, "rules": rules, "rates": rates})
