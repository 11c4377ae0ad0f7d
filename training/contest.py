"""Which of two models is to be used: the champion stays unless the challenger is better.

Two models that were fitted at different moments have no outcomes in common that neither had seen. So they are
compared by skill, each on the moment that was held out from it: how much of the log-loss of forecasting the
mean for everybody the model takes away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Self

from training.evaluate import Evaluation
from training.metadata import Metadata

__all__ = ["Standing", "Verdict", "contest"]

KEPT_SKILL = 0.9
PREFIX = "standing/"


@dataclass(frozen=True)
class Standing:
    """What a model answers, what it knew, and how it did on a held-out moment (NaN where none was)."""

    horizon_days: int
    zone: str
    currency: str
    as_of: date
    moment: date | None = None
    log_loss: float = math.nan
    skill: float = math.nan

    @classmethod
    def of(cls, metadata: Metadata, evaluation: Evaluation | None) -> Self:
        """Return the standing of a bundle and of the procedure that made it."""
        question = (metadata.horizon_days, metadata.zone, metadata.currency)
        measured = evaluation.metrics[evaluation.main] if evaluation else {}
        if evaluation is None or "log_loss" not in measured:
            return cls(*question, metadata.as_of)
        log_loss = measured["log_loss"]
        share = float(evaluation.predictions["churned"].mean())
        return cls(*question, metadata.as_of, evaluation.moment, log_loss, 1.0 - log_loss / _entropy(share))

    def to_tags(self) -> dict[str, str]:
        """Return it as the tags of a registered version."""
        return {f"{PREFIX}{name}": str(value) for name, value in asdict(self).items()}

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self | None:
        """Read what ``to_tags`` gave; None where a version has none."""
        kept = {name.removeprefix(PREFIX): text for name, text in tags.items() if name.startswith(PREFIX)}
        if not kept:
            return None
        moment = kept["moment"]
        return cls(
            horizon_days=int(kept["horizon_days"]),
            zone=kept["zone"],
            currency=kept["currency"],
            as_of=date.fromisoformat(kept["as_of"]),
            moment=None if moment == "None" else date.fromisoformat(moment),
            log_loss=float(kept["log_loss"]),
            skill=float(kept["skill"]),
        )

    @property
    def question(self) -> tuple[int, str, str]:
        """What makes two models answer the same."""
        return self.horizon_days, self.zone, self.currency


@dataclass(frozen=True)
class Verdict:
    """Whether the challenger takes the champion's place, and why, in a sentence."""

    promoted: bool
    why: str


def contest(challenger: Standing, champion: Standing | None) -> Verdict:
    """Return whether ``challenger`` is better than what stands.

    On the same held-out moment the smaller log-loss is better. A challenger that knew more recent days is
    better unless it kept less than nine tenths of the champion's skill; one that knew none is not.
    """
    if champion is None:
        return Verdict(promoted=True, why="the first model")
    if challenger.question != champion.question:
        return Verdict(promoted=True, why="the champion is of another horizon, zone or currency")
    if challenger.moment == champion.moment and challenger.as_of == champion.as_of:
        told = f"log-loss {challenger.log_loss:.4f} against {champion.log_loss:.4f} at {champion.moment}"
        return Verdict(promoted=challenger.log_loss < champion.log_loss, why=told)
    if challenger.as_of <= champion.as_of:
        return Verdict(promoted=False, why=f"the champion knows the days up to {champion.as_of} already")
    if math.isnan(champion.skill):
        return Verdict(promoted=True, why=f"{_newer(challenger, champion)}, and the champion was never tried")
    told = f"{_newer(challenger, champion)}; skill {challenger.skill:.1%} after {champion.skill:.1%}"
    return Verdict(promoted=challenger.skill >= KEPT_SKILL * champion.skill, why=told)


def _newer(challenger: Standing, champion: Standing) -> str:
    return f"{(challenger.as_of - champion.as_of).days} days more are known"


def _entropy(share: float) -> float:
    """Return the log-loss of forecasting ``share`` for everybody, in nats."""
    return -sum(p * math.log(p) for p in (share, 1.0 - share) if p > 0.0) or math.nan
