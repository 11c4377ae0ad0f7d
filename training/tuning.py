"""Trials of hyperparameters, out of time, on what was known before the moment that judges the result.

Each trial fits the churn learners on earlier moments and is judged on later ones; the newest complete
horizon, on which the configuration is evaluated and held against the champion, is not looked at. Optuna keeps
the trials in an SQLite file, so that a study that was interrupted goes on; each trial draws from a seed of
its own, so that it goes on as if it had not been.

Source: Akiba et al., "Optuna: A Next-generation Hyperparameter Optimization Framework", KDD 2019; the sampler
is TPE: Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NIPS 2011.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from features.tables import Tables
from training.attributes import Attributes
from training.choice import choose
from training.config import Hyperparameters, TrainingConfig
from training.errors import NotEnoughDataError
from training.fit import valuation
from training.learning import (
    held_out,
    out_of_time_folds,
    usable_features,
    with_attributes,
    with_value_features,
)
from training.metrics import METRICS
from training.panel import Panel, build_panel, days_known, disjoint_moments, past_moments
from training.snapshots import Snapshots
from training.stack import Stack

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

__all__ = ["Trial", "Trials", "tune"]

SIGNIFICANT = 4  # digits of a hyperparameter


@dataclass(frozen=True)
class Trial:
    """One set of hyperparameters, and its log-loss at each held-out moment, in nats."""

    number: int
    hyperparameters: Hyperparameters
    by_moment: Mapping[date, float]

    @property
    def log_loss(self) -> float:
        """The mean over the moments: what is to be made small."""
        return float(np.mean(list(self.by_moment.values())))


@dataclass(frozen=True)
class Trials:
    """What hyperparameters are tried on: pairs of earlier rows and a later moment, and the features."""

    folds: Sequence[tuple[Panel, Panel]]
    features: tuple[str, ...]
    config: TrainingConfig

    @classmethod
    def of(cls, snapshots: Snapshots, as_of: date, config: TrainingConfig) -> Trials:
        """Return those of the history before the moment that judges what is fitted by ``as_of``.

        Raises ``NotEnoughDataError`` where no moment there can be held out.
        """
        folds: Sequence[tuple[Panel, Panel]] = ()
        features: tuple[str, ...] = ()
        days = days_known(snapshots.tables, as_of, config.horizon_days) or [as_of]
        for judged in disjoint_moments(days, config.horizon_days)[:1]:
            before = days_known(snapshots.tables, judged, config.horizon_days) or [judged]
            moments = past_moments(before, config)
            if moments:
                panel, silent = _panel(snapshots, judged, moments, config)
                features, _ = usable_features(panel, config.allow, silent) if panel.moments else ((), ())
                folds = out_of_time_folds(panel, config)
        if not folds:
            raise NotEnoughDataError(
                f"The history is too short to try hyperparameters {config.horizon_days} days out of time.",
                mend="Leave out --trials, ask for a shorter horizon, or load more of the history.",
            )
        return cls(folds, features, config)

    @property
    def name(self) -> str:
        """A name for these trials: the same data and the same settings, the same name."""
        digest = hashlib.sha256(json.dumps(self.config.to_dict(), sort_keys=True).encode())
        for train, held in self.folds:
            for frame in (train.inputs[list(self.features)], train.outcomes, held.outcomes):
                digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
        return digest.hexdigest()[:16]

    def run(self, number: int, hyperparameters: Hyperparameters) -> Trial:
        """Fit the churn learners on each fold's earlier rows, and judge their mean on its later moment."""
        config = replace(self.config, hyperparameters=hyperparameters)
        with threadpool_limits(config.threads, user_api="blas"), ThreadPoolExecutor() as pool:
            said = pool.map(lambda fold: held_out(fold[0], fold[1], self.features, config), self.folds)
            by_moment = {
                fold[1].moments[0]: METRICS["log_loss"].of(
                    churned, 1.0 / (1.0 + np.exp(-Stack.prior().combine(odds)))
                )
                for fold, (odds, churned) in zip(self.folds, said, strict=True)
            }
        return Trial(number, hyperparameters, by_moment)

    def up_to(self, trials: int, storage: Path) -> list[Trial]:
        """Try until so many trials are on record in ``storage``, and return these, the best first."""
        with _quiet():
            import optuna

            study = optuna.create_study(
                storage=f"sqlite:///{storage.resolve()}", study_name=self.name, load_if_exists=True
            )
            done = _done(study)
            for number in range(len(done), trials):
                seed = np.random.SeedSequence([self.config.seed, number]).generate_state(1)[0]
                study.sampler = optuna.samplers.TPESampler(seed=int(seed))
                if number == 0:
                    study.enqueue_trial(asdict(self.config.hyperparameters))
                asked = study.ask(_space())
                trial = self.run(number, _hyperparameters(asked.params))
                asked.set_user_attr("by_moment", {str(day): loss for day, loss in trial.by_moment.items()})
                study.tell(asked, trial.log_loss)
            return sorted(_done(study)[:trials], key=lambda trial: trial.log_loss)


def tune(
    tables: Tables,
    as_of: date,
    config: TrainingConfig,
    trials: int,
    storage: Path,
    *,
    snapshots: Snapshots | None = None,
) -> list[Trial]:
    """Try hyperparameters for a fit by ``as_of``, and return ``trials`` of them, the best first.

    The first is of ``config`` as it is. ``storage``: an SQLite file, made where it is not there; what is on
    record in it is not tried again. Raises ``NotEnoughDataError`` where no moment can be held out.
    """
    return Trials.of(snapshots or Snapshots.of(tables, as_of, config), as_of, config).up_to(trials, storage)


def _panel(
    snapshots: Snapshots, as_of: date, moments: list[date], config: TrainingConfig
) -> tuple[Panel, frozenset[str]]:
    """Return the panel that a fit at ``as_of`` learns from, and the features that say nothing in it."""
    tables, part = snapshots.tables, snapshots.part
    snapshots.build([as_of, *moments])
    attributes = Attributes.learn(part, as_of, config.attributes)
    behaviour = attributes.beside(snapshots.behaviour(as_of), part, as_of)
    choice = choose(tables, as_of, config.horizon_days, part=part)
    value, _ = valuation(tables, as_of, behaviour, choice)
    panel = build_panel(snapshots, moments, config.horizon_days, known_by=as_of)
    panel = with_attributes(panel, attributes, part)
    return with_value_features(panel, value, config.horizon_days), value.silent


def _done(study: Study) -> list[Trial]:
    """Return the trials that came to an end, in their order; one that was interrupted is made again."""
    from optuna.trial import TrialState

    return [
        Trial(
            number,
            _hyperparameters(one.params),
            {date.fromisoformat(day): loss for day, loss in one.user_attrs["by_moment"].items()},
        )
        for number, one in enumerate(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
    ]


def _hyperparameters(drawn: Mapping[str, float]) -> Hyperparameters:
    rounded: dict[str, Any] = {
        name: value if isinstance(value, int) else float(f"{value:.{SIGNIFICANT}g}")
        for name, value in drawn.items()
    }
    return Hyperparameters(**rounded)


def _space() -> dict[str, BaseDistribution]:
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        "rounds": IntDistribution(20, 400, log=True),
        "max_depth": IntDistribution(2, 8),
        "eta": FloatDistribution(0.01, 0.3, log=True),
        "min_child_weight": FloatDistribution(1.0, 200.0, log=True),
        "reg_lambda": FloatDistribution(0.1, 100.0, log=True),
        "subsample": FloatDistribution(0.4, 1.0),
        "colsample_bytree": FloatDistribution(0.2, 1.0),
        "ridge_penalty": FloatDistribution(1.0, 2000.0, log=True),
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Have Optuna say nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import optuna

        before = optuna.logging.get_verbosity()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        try:
            yield
        finally:
            optuna.logging.set_verbosity(before)
