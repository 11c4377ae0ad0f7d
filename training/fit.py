"""Fit a bundle at a moment, from what was known by then."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.catalogue import CATALOGUE
from features.layout import Layout
from features.tables import Tables
from training.attributes import Attributes
from training.bundle import Bundle
from training.choice import Choice, choose
from training.config import TrainingConfig
from training.errors import ConvergenceError, NotEnoughDataError
from training.explain import Baseline
from training.learning import NOTHING_LEARNED, Learned, learn, with_attributes
from training.metadata import Metadata
from training.models.subscription_value import SubscriptionValue, Valuation
from training.models.value import FAMILIES, ValueModel
from training.panel import (
    Method,
    build_panel,
    contracts_recorded,
    days_known,
    method_for,
    past_moments,
    shorter_horizon,
)
from training.policy import Policy
from training.profile import Profile
from training.snapshots import Snapshots
from training.soundness import wholesale

TAKEN_AS_THEY_STAND = (
    "attributes carry no time: they are taken as they stand in the data, at past moments too; one that was "
    "changed by leaving would give it away"
)


def fit(
    tables: Tables,
    as_of: date,
    config: TrainingConfig,
    policy: Policy,
    *,
    method: Method | None = None,
    snapshots: Snapshots | None = None,
) -> Bundle:
    """Fit all models on what was known by ``as_of``; nothing after it is looked at.

    ``method``: None for what the length of the history allows. Where customers are too few for any model,
    the bundle has none, and its scores say so. ``snapshots``: those of ``tables`` that other fits look
    at, too.
    """
    snapshots = snapshots or Snapshots.of(tables, as_of, config)
    days = days_known(tables, as_of, config.horizon_days) or [as_of]
    first_day, last_day = days[0], days[-1]
    method = method or method_for(first_day, last_day, config.horizon_days)
    if method is Method.SHORTER_HORIZON and tables.contract:
        method = Method.LIFETIME_VALUE_ONLY
    asked = config
    if method is Method.SHORTER_HORIZON:
        asked = replace(config, horizon_days=shorter_horizon(first_day, last_day))
    moments = [] if method is Method.LIFETIME_VALUE_ONLY else past_moments(days, asked)
    snapshots.build([as_of, *moments])
    attributes = Attributes.learn(snapshots.part, as_of, config.attributes)
    behaviour = attributes.beside(snapshots.behaviour(as_of), snapshots.part, as_of)
    choice = choose(tables, as_of, config.horizon_days, part=snapshots.part)
    value: Valuation | None = None
    learned = NOTHING_LEARNED
    try:
        value, choice = valuation(tables, as_of, behaviour, choice)
        if moments:
            with threadpool_limits(config.threads, user_api="blas"):
                panel = build_panel(snapshots, moments, asked.horizon_days, known_by=as_of)
                panel = with_attributes(panel, attributes, snapshots.part)
                learned = learn(panel, asked, value, config.horizon_days)
    except (NotEnoughDataError, ConvergenceError) as lack:
        learned = NOTHING_LEARNED._replace(lack=_sentence(lack.what))
    return Bundle(
        metadata=Metadata(
            as_of=as_of,
            training=config,
            method=learned.method.value,
            why=learned.lack or _why(tables, first_day, last_day, learned, config.horizon_days),
            features=(*(feature.name for feature in CATALOGUE), *attributes.columns),
            zone=tables.zone,
            currency=tables.currency,
            layout=Layout.of(tables),
            first_day=first_day,
            customers=snapshots.reference(as_of).customers,
            moments=learned.moments,
            panel_rows=learned.panel_rows,
            fitted_rows=learned.fitted_rows,
            ranges=snapshots.largest(as_of),
            value_model=choice.why,
            notes=(
                *([snapshots.draw.told()] if snapshots.draw else []),
                *choice.notes,
                *([large.text.rstrip(".")] if (large := wholesale(behaviour)) else []),
                *([TAKEN_AS_THEY_STAND] if attributes.columns else []),
                *(leak.told() for leak in learned.leaks),
            ),
        ),
        policy=policy,
        reference=snapshots.reference(as_of),
        choice=choice,
        value=value,
        learners=learned.learners,
        baseline=None if value is None else _baseline(value, learned, behaviour, config.horizon_days),
        profile=learned.profile or _profile(value, behaviour, config.horizon_days),
        attributes=attributes,
    )


def valuation(
    tables: Tables, as_of: date, behaviour: pd.DataFrame, choice: Choice
) -> tuple[Valuation, Choice]:
    """Fit the value model of ``choice`` to a behaviour table, a contract's where there are contracts.

    Where it does not settle, the simplest that does takes its place; returned is the choice as it then is.
    Raises ``NotEnoughDataError``, and ``ConvergenceError`` where none settles.
    """
    if tables.contract:
        return SubscriptionValue.fit(tables, as_of, behaviour), choice
    try:
        return ValueModel.fit(behaviour, FAMILIES[choice.picked], choice.season), choice
    except ConvergenceError as fault:
        for name in FAMILIES:
            with suppress(ConvergenceError):
                value = ValueModel.fit(behaviour, FAMILIES[name], choice.season)
                return value, choice.settled_on(name)
        raise fault from None


def _why(tables: Tables, first_day: date, last_day: date, learned: Learned, horizon_days: int) -> str:
    history = f"the history of {(last_day - first_day).days + 1:,} days"
    if tables.contract:
        history = f"what is on record of contracts that ended by {last_day}"
    past = learned.moments
    if learned.learners is None or not past:
        return f"{history} holds no earlier {horizon_days} days whose outcome is known"
    told = f"{len(past)} past moments with known outcomes, {past[0]} to {past[-1]}"
    if len(past) == 1:
        told = f"one past moment with known outcomes, {past[0]}"
    shorter = learned.learners.horizon_days
    if shorter < horizon_days:
        return f"{history} is short for {horizon_days} days; over {shorter} it holds {told}"
    return f"{history} holds {told}"


def _sentence(what: str) -> str:
    return what[:1].lower() + what[1:].rstrip(".")


def _baseline(value: Valuation, learned: Learned, behaviour: pd.DataFrame, horizon_days: int) -> Baseline:
    """Hold customers against those who stayed; where that is not known, against the likelier half to stay."""
    stayed = learned.stayed
    if stayed is None:
        none = value.probability_no_order(behaviour, horizon_days)
        stayed = behaviour[none <= np.median(none)]
    return Baseline.of(stayed, value, learned.learners, horizon_days)


def _profile(value: Valuation | None, behaviour: pd.DataFrame, horizon_days: int) -> Profile:
    """Profile the one moment there is, by the value model alone."""
    none = None if value is None else lambda rows: value.probability_no_order(rows, horizon_days)
    return Profile.of(behaviour, none)


def covered(tables: Tables, as_of: date, horizon_days: int) -> tuple[date, date]:
    """Return the first and last day of the data known by ``as_of``: outcomes are complete up to the last."""
    if tables.contract:
        return contracts_recorded(tables, as_of, horizon_days)
    return tables.first_day(as_of) or as_of, tables.last_day(as_of) or as_of
