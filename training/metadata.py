"""What a bundle is of: kept in it, shown on its card, and asked by serving."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from features.layout import Layout
from training.config import TrainingConfig
from training.errors import BundleError

FORMAT = 4


@dataclass(frozen=True)
class Metadata:
    """What a bundle is of; ``method`` says how it was made, and ``why``, in a sentence, what decided that.

    ``training``: the configuration, with which it can be fitted again. ``layout``: what the data
    had. ``value_model``: which lifetime-value model, and why, in a sentence.
    """

    as_of: date
    training: TrainingConfig
    method: str
    why: str
    features: tuple[str, ...]
    zone: str
    currency: str
    layout: Layout
    first_day: date
    customers: int
    moments: tuple[date, ...]
    panel_rows: int
    fitted_rows: int
    value_model: str = ""
    notes: tuple[str, ...] = ()
    ranges: dict[str, float] = field(default_factory=dict)

    @property
    def horizon_days(self) -> int:
        """The length of the outcome window."""
        return self.training.horizon_days

    @property
    def seed(self) -> int:
        """The seed of every draw."""
        return self.training.seed

    @property
    def question(self) -> tuple[int, str, str]:
        """What makes two models answer the same: the horizon, the zone and the currency."""
        return self.horizon_days, self.zone, self.currency

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON."""
        kept: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_plain))
        return kept | {"format": FORMAT}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave. Raises ``BundleError`` for another format."""
        kept = dict(kept)
        if kept.pop("format", None) != FORMAT:
            raise BundleError(
                "The bundle has another format than this version of Joren reads.",
                mend="Train again: joren train",
            )
        kept["layout"] = Layout.from_dict(kept["layout"])
        kept["training"] = TrainingConfig.from_dict(kept["training"])
        for name in ("as_of", "first_day"):
            kept[name] = date.fromisoformat(kept[name])
        kept["moments"] = tuple(date.fromisoformat(day) for day in kept["moments"])
        kept["features"], kept["notes"] = tuple(kept["features"]), tuple(kept["notes"])
        return cls(**kept)


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)
