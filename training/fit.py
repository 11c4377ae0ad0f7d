"""Fit a bundle at a moment, from what was known by then."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.catalogue import CATALOGUE
from features.tables import Tables
from training.attributes import Attributes, attribute_of
from training.bundle import Bundle
from training.carried import forecast_over
from training.choice import Choice, choose
from training.config import TrainingConfig
from training.errors import ConvergenceError, NotEnoughDataError
from training.explain import Baseline
from training.leaks import Leak, leaking
from training.learners import Learners, LearnersFit
from training.metadata import Metadata
from training.models.churn import ChurnModel
from training.models.glm import Array
from training.models.subscription_value import SubscriptionValue, Valuation
from training.models.value import FAMILIES, VALUE_FEATURES, ValueModel
from training.panel import (
    FEWEST_CUSTOMERS,
    Method,
    Panel,
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
from training.stack import Stack

FOLDS = 3
RANGED = ("orders", "gross_spend", "mean_order_value")


class Learned(NamedTuple):
    """Learners, how they were made, and the rows behind them; ``stayed``: those of customers who stayed.

    ``profile``: of the panel. ``leaks``: what was not learned from.
    """

    learners: Learners | None
    method: Method
    moments: tuple[date, ...]
    panel_rows: int
    fitted_rows: int
    stayed: pd.DataFrame | None = None
    profile: Profile | None = None
    leaks: tuple[Leak, ...] = ()
    lack: str = ""


NOTHING_TOLD = (
    f"at every past moment there are fewer than {FEWEST_CUSTOMERS} customers, or all of them did the same"
)
TAKEN_AS_THEY_STAND = (
    "attributes carry no time: they are taken as they stand in the data, at past moments too; one that was "
    "changed by leaving would give it away"
)
NOTHING_LEARNED = Learned(None, Method.LIFETIME_VALUE_ONLY, (), 0, 0)


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
    snapshots = snapshots or Snapshots(tables)
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
    attributes = Attributes.learn(tables, as_of, config.attributes)
    behaviour = attributes.beside(snapshots.behaviour(as_of), tables, as_of)
    choice = choose(tables, as_of, config.horizon_days)
    value: Valuation | None = None
    learned = NOTHING_LEARNED
    try:
        value = valuation(tables, as_of, behaviour, choice)
        if moments:
            with threadpool_limits(config.threads, user_api="blas"):
                panel = build_panel(snapshots, moments, asked.horizon_days, known_by=as_of)
                panel = with_attributes(panel, attributes, tables)
                learned = learn(panel, asked, value, config.horizon_days)
    except NotEnoughDataError as lack:
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
            first_day=first_day,
            customers=len(behaviour),
            moments=learned.moments,
            panel_rows=learned.panel_rows,
            fitted_rows=learned.fitted_rows,
            ranges={
                name: float(behaviour[name].astype(float).max())
                for name in RANGED
                if behaviour[name].notna().any()
            },
            value_model=choice.why,
            notes=(
                *choice.notes,
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


def valuation(tables: Tables, as_of: date, behaviour: pd.DataFrame, choice: Choice) -> Valuation:
    """Fit the value model of ``choice`` to a behaviour table, a contract's where there are contracts."""
    if tables.contract:
        return SubscriptionValue.fit(tables, as_of, behaviour)
    return ValueModel.fit(behaviour, FAMILIES[choice.picked], choice.season)


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


def learn(panel: Panel, config: TrainingConfig, value: Valuation, horizon_days: int) -> Learned:
    """Fit the learners on a panel of past moments, beside value models of the kind of ``value``.

    Where no moment tells enough, the value model stands alone. ``horizon_days``: what scores are asked for;
    where the panel's outcomes are of fewer days, ``value`` carries them on.
    """
    panel = with_value_features(panel, value, config.horizon_days)
    if not panel.moments:
        return NOTHING_LEARNED._replace(lack=NOTHING_TOLD)
    features, leaks = usable_features(panel, config.allow, value.silent)
    rows = panel.sample(config.max_rows, config.horizon_days, config.seed)
    learners, method = learned_from(panel, features, value, config)
    if config.horizon_days < horizon_days:
        method = Method.SHORTER_HORIZON
    stayed = rows.inputs[rows.outcomes["churned"] == 0]
    profile = Profile.of(
        panel.inputs, lambda table: forecast_over(horizon_days, learners, value, table)["churn"].to_numpy()
    )
    return Learned(
        learners, method, tuple(panel.moments), len(panel.inputs), len(rows.inputs), stayed, profile, leaks
    )


def with_value_features(panel: Panel, value: Valuation, horizon_days: int) -> Panel:
    """Return the panel with what each moment's value model, fitted on its own past, says beside it.

    They are of the kind of ``value``: the same purchase model, the same season.
    """
    parts = []
    for moment in panel.moments:
        inputs = panel.at([moment]).inputs
        try:
            said = value.refitted(inputs).features(inputs, horizon_days)
        except (NotEnoughDataError, ConvergenceError):
            continue
        parts.append(inputs.join(said))
    if not parts:
        return Panel(panel.inputs.iloc[:0], panel.outcomes.iloc[:0])
    inputs = pd.concat(parts)
    return Panel(inputs, panel.outcomes.loc[inputs.index])


def learned_from(
    panel: Panel, features: tuple[str, ...], value: Valuation, config: TrainingConfig
) -> tuple[Learners, Method]:
    """Return the learners fitted to a panel with its value features, and how their stack was learned."""
    later = out_of_time_folds(panel, config)
    folds, method = (later, Method.OUT_OF_TIME) if later else (customer_folds(panel), Method.CROSS_FITTED)
    with ThreadPoolExecutor() as pool:
        said = pool.map(lambda fold: held_out(fold[0], fold[1], features, config), folds)
    stack = Stack.fit(list(said))
    rows = panel.sample(config.max_rows, config.horizon_days, config.seed)
    return learners_of(value)(rows.inputs, rows.outcomes, features, stack, config), method


def learners_of(value: Valuation) -> LearnersFit:
    """Return how the learners beside ``value`` are fitted: a contract's orders and revenue follow from it."""
    return Learners.fit_churn if isinstance(value, SubscriptionValue) else Learners.fit


def with_attributes(panel: Panel, attributes: Attributes, tables: Tables) -> Panel:
    """Return the panel with the customers' attributes beside its inputs."""
    if not attributes.columns or not panel.moments:
        return panel
    parts = [attributes.beside(panel.at([moment]).inputs, tables, moment) for moment in panel.moments]
    return Panel(pd.concat(parts), panel.outcomes)


def usable_features(
    panel: Panel, allow: Collection[str], silent: frozenset[str]
) -> tuple[tuple[str, ...], tuple[Leak, ...]]:
    """Return the features that vary in the panel, the value model's last, and the leaks among them.

    What gives the outcome away is a leak, and not among the features unless ``allow`` names it; ``silent``
    ones say nothing here.
    """
    attributes = [name for name in map(str, panel.inputs) if attribute_of(name)]
    named = (*(feature.name for feature in CATALOGUE), *attributes, *VALUE_FEATURES)
    varying = [name for name in named if name not in silent and not _constant(panel.inputs[name])]
    leaks = leaking(panel.inputs[varying], panel.outcomes["churned"], allowed=(*VALUE_FEATURES, *allow))
    refused = {leak.feature for leak in leaks}
    return tuple(name for name in varying if (attribute_of(name) or name) not in refused), leaks


def _constant(values: pd.Series[float]) -> bool:
    known = values.to_numpy(dtype=np.float64)
    first = known[0]
    return bool(np.isnan(known).all() if np.isnan(first) else (known == first).all())


def out_of_time_folds(panel: Panel, config: TrainingConfig) -> list[tuple[Panel, Panel]]:
    """Pair earlier rows with one later moment, newest first: the outcomes end before the moment begins.

    Held-out moments stand half a horizon apart. Beyond the newest, one counts only where a third of the panel
    lies before it: a stack learned on stunted members would trust them too little.
    """
    horizon = timedelta(days=config.horizon_days)
    folds: list[tuple[Panel, Panel]] = []
    last: date | None = None
    for moment in reversed(panel.moments):
        train = panel.at([m for m in panel.moments if m + horizon <= moment])
        stunted = 3 * len(train.inputs) < len(panel.inputs)
        if not train.moments or (folds and stunted) or len(folds) == FOLDS:
            break
        if last is None or (last - moment) * 2 >= horizon:
            folds.append((train, panel.at([moment])))
            last = moment
    return folds


def customer_folds(panel: Panel, folds: int = FOLDS) -> list[tuple[Panel, Panel]]:
    """Return pairs of (other customers' rows, these customers'); a customer stays in one fold."""
    ids = panel.inputs.index.get_level_values("customer_id").to_numpy(dtype=object)
    fold = pd.util.hash_array(ids, categorize=False) % folds
    return [
        (panel.where(np.flatnonzero(fold != k)), panel.where(np.flatnonzero(fold == k))) for k in range(folds)
    ]


def held_out(
    train: Panel, held: Panel, features: tuple[str, ...], config: TrainingConfig
) -> tuple[Array, Array]:
    """Members' log-odds (rows, 3) on the held-out rows, and what came of them."""
    train = train.sample(config.max_rows // 2, config.horizon_days, config.seed)
    held = held.sample(config.max_rows // 2, config.horizon_days, config.seed)
    churned = train.outcomes["churned"].to_numpy(np.float64)
    members = ChurnModel.fit_members(
        train.inputs,
        features,
        churned,
        seed=config.seed,
        threads=config.threads,
        hyperparameters=config.hyperparameters,
    )
    return ChurnModel.log_odds(members, held.inputs), held.outcomes["churned"].to_numpy(np.float64)
