"""What a panel of past moments teaches: learners, and a stack whose weights come from later moments."""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from features.catalogue import CATALOGUE
from features.tables import Tables
from training.attributes import Attributes, attribute_of
from training.carried import forecast_over
from training.config import TrainingConfig
from training.errors import ConvergenceError, NotEnoughDataError
from training.leaks import Leak, leaking
from training.learners import Learners, LearnersFit
from training.models.churn import ChurnModel
from training.models.glm import Array
from training.models.inputs import Numbers
from training.models.subscription_value import SubscriptionValue, Valuation
from training.models.value import VALUE_FEATURES
from training.panel import FEWEST_CUSTOMERS, Method, Panel
from training.profile import Profile
from training.stack import Stack

__all__ = [
    "NOTHING_LEARNED",
    "Learned",
    "customer_folds",
    "held_out",
    "learn",
    "learned_from",
    "learners_of",
    "out_of_time_folds",
    "usable_features",
    "with_attributes",
    "with_value_features",
]

FOLDS = 3


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
NOTHING_LEARNED = Learned(None, Method.LIFETIME_VALUE_ONLY, (), 0, 0)


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
        panel.inputs, lambda table: forecast_over(horizon_days, learners, value, table).churn_probability
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
        parts.append(inputs.join(pd.DataFrame(said, index=inputs.index)))
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
    said = ChurnModel.log_odds(members, Numbers(held.inputs, features))
    return said, held.outcomes["churned"].to_numpy(np.float64)
