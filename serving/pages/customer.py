"""One customer: the score explained, and what is known behind it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import SupportsFloat, cast

import pandas as pd

from features.catalogue import CATALOGUE, Feature
from features.reasons import value_text
from serving.errors import CustomerNotFoundError, ModelUnavailableError, ReasonsUnavailableError
from serving.history import Move, Past
from serving.pages.chart import Chart, chart_of
from serving.pages.formats import Formats
from serving.population import attributes_of
from serving.rows import ScoreRow
from serving.service import Explaining, Language, ScoringService
from serving.store import Run

__all__ = ["CustomerPage", "Fact", "Family", "Reason", "customer_page"]

FOR_MODELS_ONLY = frozenset({"log ratio", "score", "flag", "silence", "detractor", "direction"})
"""Units whose features are coded for a model: their meanings explain a code, not a fact."""
DECAYED = "decayed_"
RUNS = 24


@dataclass(frozen=True)
class Reason:
    """Why the customer may leave: what it multiplies the odds by, and how strong it is beside the others."""

    text: str
    times: float
    strength: float


@dataclass(frozen=True)
class Fact:
    """One thing that is known, in words and with its unit."""

    name: str
    value: str


@dataclass(frozen=True)
class Family:
    """Facts of one kind, by the catalogue's name of it."""

    name: str
    facts: list[Fact]


@dataclass(frozen=True)
class CustomerPage:
    """All that a customer's page shows. Without ``explained``, reasons are those stored, in English.

    ``chart`` is the chance over the kept runs, ``moves`` what moved it since the run before this one.
    """

    score: ScoreRow
    run: Run | None
    reasons: list[Reason]
    families: list[Family]
    explained: bool
    chart: Chart | None
    moves: list[Move]

    @property
    def until(self) -> date:
        """The last day that the chance is about."""
        until: date = self.score["as_of"] + timedelta(days=self.score["horizon_days"])
        return until

    @property
    def of_ten(self) -> int | None:
        """How many of ten such customers leave."""
        chance = self.score["churn_probability"]
        return None if chance is None else round(10 * chance)


def customer_page(service: ScoringService, asked: str, language: Language) -> CustomerPage:
    """Return the page of the customer whose id this is, to the letter or as somebody typed it.

    Raises ``NotPublishedError``, ``CustomerNotFoundError``.
    """
    score, explained = _score(service, asked, language)
    customer_id = score["customer_id"]
    row = _behaviour(service, score)
    past = service.history(customer_id, limit=RUNS, cursor=None, language=language).past
    latest = past[0].change if past else None
    return CustomerPage(
        score=score,
        run=service.store.run(score["run_id"]),
        reasons=_reasons(score),
        families=[*_attributes(service, score), *_families(row, language, score["currency"])],
        explained=explained,
        chart=chart_of(
            [(one.said.score["as_of"], chance) for one in past if (chance := _chance(one)) is not None]
        ),
        moves=[] if latest is None or latest.features is None else latest.features,
    )


def _score(service: ScoringService, asked: str, language: Language) -> tuple[ScoreRow, bool]:
    tidied = unicodedata.normalize("NFKC", asked).strip()
    for customer_id in dict.fromkeys((asked, tidied)):
        if not customer_id or "\0" in customer_id:
            continue
        try:
            return service.score(customer_id, Explaining(language, compute=True)), True
        except CustomerNotFoundError:
            continue
        except (ModelUnavailableError, ReasonsUnavailableError):
            return service.score(customer_id, Explaining()), False
    service.run()
    raise CustomerNotFoundError("No customer of this id has been scored.")


def _behaviour(service: ScoringService, score: ScoreRow) -> Mapping[str, object]:
    table = service.store.behaviour(score["run_id"], [score["customer_id"]])
    return {} if table.empty else {str(name): value for name, value in table.iloc[0].items()}


def _reasons(score: ScoreRow) -> list[Reason]:
    told: Sequence[Mapping[str, object]] = score["reasons"] or ()
    sizes = [float(one["contribution"] or 0.0) for one in told]  # type: ignore[arg-type]
    most = max(sizes, default=0.0) or 1.0
    return [
        Reason(str(one["text"]), math.exp(size), size / most) for one, size in zip(told, sizes, strict=True)
    ]


def _chance(past: Past) -> float | None:
    chance: float | None = past.said.score["churn_probability"]
    return chance


def _attributes(service: ScoringService, score: ScoreRow) -> list[Family]:
    known = attributes_of(service.store.database, score["run_id"], score["customer_id"])
    return [Family("attributes", [Fact(name, value) for name, value in known.items()])] if known else []


def _families(row: Mapping[str, object], language: Language, currency: str) -> list[Family]:
    known = [feature for feature in CATALOGUE if _is_told(feature, row.get(feature.name))]
    return [
        Family(
            family,
            [Fact(_name(one, language), _value(one, row[one.name], language, currency)) for one in features],
        )
        for family, features in groupby(known, key=lambda feature: feature.family)
    ]


def _is_told(feature: Feature, value: object) -> bool:
    if feature.unit in FOR_MODELS_ONLY or feature.name.startswith(DECAYED):
        return False
    return value is not None and not pd.isna(value)  # type: ignore[call-overload]


def _name(feature: Feature, language: Language) -> str:
    if language is Language.JAPANESE:
        return feature.meaning_ja
    plain = feature.meaning.partition(";")[0]
    return plain[0].upper() + plain[1:]


def _value(feature: Feature, value: object, language: Language, currency: str) -> str:
    if feature.unit == "money":
        return Formats(language).money(float(cast("SupportsFloat", value)), currency)
    return value_text(feature.name, value, language.value, currency)
