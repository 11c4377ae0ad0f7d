"""Traits in words and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.catalogue import CATALOGUE, Feature
from features.reasons import value_text
from features.traits import Group, Trait, Traits

__all__ = ["meaning_of", "strongest", "traits_json", "typical_texts"]

_FEATURES: Mapping[str, Feature] = {feature.name: feature for feature in CATALOGUE}


def meaning_of(trait: Trait, language: str) -> str:
    """Return what is compared: the catalogue's meaning of a feature, or an attribute and its category."""
    if trait.category is not None:
        return f"{trait.name} = {trait.category}"
    feature = _FEATURES.get(trait.name)
    if feature is None:
        return trait.name
    return feature.meaning_ja if language == "ja" else feature.meaning


def typical_texts(trait: Trait, language: str, currency: str) -> tuple[str, str]:
    """Return the typical value of the group and that of the rest, each with its unit."""
    values = trait.typical, trait.typical_rest
    if trait.category is not None:
        group, rest = (f"{value:.0%}" for value in values)
    elif trait.name in _FEATURES:
        group, rest = (value_text(trait.name, value, language, currency) for value in values)
    else:
        group, rest = (f"{value:,.6g}" for value in values)
    return group, rest


def strongest(group: Group, most: int) -> list[Trait]:
    """Return at most so many traits, one of a topic, of those whose direction is sure."""
    by_topic: dict[str, Trait] = {}
    for trait in group.traits:
        feature = _FEATURES.get(trait.name)
        by_topic.setdefault(feature.topic if feature else f"{trait.name} {trait.category}", trait)
    return [trait for trait in by_topic.values() if trait.effect.least > 0][:most]


def traits_json(traits: Traits, language: str, currency: str) -> dict[str, Any]:
    """Return all traits of both groups as JSON's own types."""
    window = traits.window
    return {
        "as_of": window.as_of.isoformat(),
        "horizon_days": window.horizon_days,
        "window": {"start": window.outcome_start.isoformat(), "end": window.outcome_end.isoformat()},
        "activity_days": traits.activity_days,
        "currency": currency,
        "best": {
            "value": traits.value,
            "least_value": traits.least_value,
            **_group_json(traits.best, language),
        },
        "left": _group_json(traits.left, language),
    }


def _group_json(group: Group, language: str) -> dict[str, Any]:
    return {
        "customers": group.customers,
        "rest": group.rest,
        "traits": [_trait_json(trait, language) for trait in group.traits],
    }


def _trait_json(trait: Trait, language: str) -> dict[str, Any]:
    feature = _FEATURES.get(trait.name)
    return {
        "name": trait.name,
        "category": trait.category,
        "meaning": meaning_of(trait, language),
        "unit": "share" if trait.category is not None else feature.unit if feature else None,
        "measure": trait.measure,
        "effect": trait.effect.value,
        "low": trait.effect.low,
        "high": trait.effect.high,
        "typical": trait.typical,
        "typical_rest": trait.typical_rest,
        "n": trait.n,
        "n_rest": trait.n_rest,
    }
