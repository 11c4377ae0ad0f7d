"""One look at a project's newest run: published runs, their models and today's data, brought together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import pandas as pd

from features.categories import category_counts
from features.labels import outcomes_panel
from features.tables import Tables
from features.window import Window
from joren.project import Project
from serving.archive import whole_behaviour, whole_scores
from serving.store import Run, Store
from training.against_training import Year, category_drift, feature_drift
from training.bundle import Bundle
from training.decomposition import Answers, decomposed, revised_features
from training.errors import BundleError
from training.frames import as_frame
from training.monitor import MonitorReport, ScoreMovement
from training.panel import lead_days
from training.profile import PROBABILITY
from training.realised import Realised, realised

__all__ = ["Look", "categories_in"]

YEAR = timedelta(days=364)  # whole weeks, so that weekdays meet weekdays
STRETCHES = 5  # of training, to see what is usual for categories
EXPLAINED = 5_000  # customers, evenly many: a mean needs no more


def categories_in(
    tables: Tables, spans: Sequence[tuple[date, date]], project: Project, known_by: date
) -> pd.DataFrame:
    """Return `category_counts` in ``spans``, as far as these can be held against each other.

    Those of the customers' attributes cannot where the table is a labelled one: who left before the day that
    it was taken is not in it, so that of those who joined early only the loyal are left.
    """
    counts = category_counts(tables, spans, known_by=known_by)
    subscriptions = project.data.sources.get("subscriptions")
    if subscriptions is None or subscriptions.labelled is None:
        return counts
    return counts[~counts["column"].str.startswith("customers.")]


@dataclass
class Look:
    """One look at a project; behaviour tables, which cost most, are built once for a model and a moment."""

    project: Project
    store: Store
    tables: Tables
    known_by: date
    runs: list[Run]
    _built: dict[tuple[str, date], pd.DataFrame] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The run that is looked at: the newest."""
        return self.runs[0]

    @cached_property
    def bundle(self) -> Bundle:
        """The model that scored it."""
        return self._bundle_of(self.run)

    def report(self, earlier: Run | None) -> MonitorReport:
        """Return all that there is to say; ``earlier``: the run that the scores are compared with."""
        run, bundle, limits = self.run, self.bundle, self.project.limits
        scored = self._scored_then(run)
        year = self._year_before()
        features, scores = feature_drift(
            bundle.profile,
            scored,
            None if year is None else self._year(year),
            as_of=run.as_of,
            first_day=bundle.metadata.first_day,
            limits=limits,
        )
        days = self._stretches(year)
        spans = [(day - timedelta(days=run.horizon_days - 1), day) for day in days]
        counts = categories_in(self.tables, spans, self.project, run.as_of)
        categories, new = category_drift(counts, days, has_year_before=year is not None, limits=limits)
        last_day = self.tables.last_day(self.known_by) or self.known_by
        over, waiting = [], {}
        for one in self.runs:
            due = Window(one.as_of, one.horizon_days).outcome_end
            if due <= last_day:
                over.append(one)
            else:
                waiting[one.run_id] = due
        return MonitorReport(
            run_id=run.run_id,
            as_of=run.as_of,
            model_version=run.model_version,
            trained_as_of=bundle.metadata.as_of,
            reference=bundle.profile.moments[-1],
            customers=len(scored),
            limits=limits,
            features=features,
            scores=scores,
            categories=categories,
            new_categories=new,
            realised=tuple(self._realised(over)),
            due=waiting,
            movement=None if earlier is None else self._movement(earlier),
            year_before=year,
        )

    def _scored_then(self, run: Run) -> pd.DataFrame:
        """Return what was scored, and the probabilities that were published."""
        behaviour = whole_behaviour(self.store.database, run.run_id)
        if behaviour is None:
            behaviour = self._behaviour(self._bundle_of(run), run.as_of)
        said = self._published(run)
        return behaviour.assign(**{PROBABILITY: said.reindex(behaviour["customer_id"]).to_numpy()})

    def _year(self, before: date) -> Year:
        reference = self.bundle.profile.moments[-1]
        return Year(self._scored_today(before), self._scored_today(reference))

    def _scored_today(self, moment: date) -> pd.DataFrame:
        behaviour = self._behaviour(self.bundle, moment)
        return behaviour.assign(**{PROBABILITY: self.bundle.probability(behaviour)})

    def _year_before(self) -> date | None:
        """Return the moment a year before, where history reaches back to it and training was later."""
        moment, first = self.run.as_of - YEAR, self.tables.first_day(self.known_by)
        enough = timedelta(days=lead_days(self.run.horizon_days))
        known = first is not None and first + enough <= moment <= self.bundle.metadata.as_of
        return moment if known else None

    def _stretches(self, year_before: date | None) -> list[date]:
        """Return the last days of stretches of a horizon: the newest, a year before, those of training."""
        horizon = timedelta(days=self.run.horizon_days)
        newest = min(self.bundle.metadata.as_of, self.run.as_of - horizon)
        first = self.tables.first_day(self.known_by) or newest
        past = [newest - k * horizon for k in range(STRETCHES) if newest - (k + 1) * horizon >= first]
        return [self.run.as_of, *([year_before] if year_before else []), *past]

    def _realised(self, runs: list[Run]) -> Iterator[Realised]:
        windows = sorted({Window(run.as_of, run.horizon_days) for run in runs})
        for horizon in sorted({window.horizon_days for window in windows}):
            of_it = [window for window in windows if window.horizon_days == horizon]
            outcomes = as_frame(outcomes_panel(self.tables, of_it, known_by=self.known_by))
            for run in (run for run in runs if run.horizon_days == horizon):
                came = outcomes[outcomes["as_of"] == pd.Timestamp(run.as_of)].set_index("customer_id")
                judged = realised(
                    self._published(run),
                    came["churned"],
                    run_id=run.run_id,
                    as_of=run.as_of,
                    horizon_days=run.horizon_days,
                    model_version=run.model_version,
                    limits=self.project.limits,
                )
                if judged:
                    yield judged

    def _movement(self, first: Run) -> ScoreMovement | None:
        """Take the change of the mean score since ``first`` apart; None where its model cannot be read."""
        second = self.run
        try:
            models = self._bundle_of(first), self.bundle
        except BundleError:
            return None
        said = [self._probability(model, run.as_of) for model in models for run in (first, second)]
        published = [self._published(run).dropna() for run in (first, second)]
        if any(one.empty for one in (*said, *published)):
            return None
        parts = decomposed(Answers(*published, *said))
        if parts is None:
            return None
        kept = whole_behaviour(self.store.database, first.run_id)
        revised = None if kept is None else revised_features(kept, self._behaviour(models[0], first.as_of))
        return ScoreMovement(
            first_run=first.run_id,
            first_as_of=first.as_of,
            second_run=second.run_id,
            second_as_of=second.as_of,
            parts=parts,
            features=self._by_feature(first.as_of, second.as_of),
            revised=revised,
        )

    def _by_feature(self, first: date, second: date) -> dict[str, float]:
        """Return what each feature adds to the change of the mean log-odds of those who are in both."""
        before, after = (
            self._behaviour(self.bundle, day).set_index("customer_id") for day in (first, second)
        )
        both = before.index.intersection(after.index)
        both = both[np.unique(np.linspace(0, len(both) - 1, EXPLAINED).astype(np.int64))]
        said = [self.bundle.contributions(table.loc[both].reset_index()) for table in (before, after)]
        if said[0] is None or said[1] is None:
            return {}
        change = said[1].mean() - said[0].mean()
        ordered = change.sort_values(key=lambda one: -one.abs(), kind="stable")
        return {str(name): float(added) for name, added in ordered.items()}

    def _probability(self, model: Bundle, moment: date) -> pd.Series[float]:
        behaviour = self._behaviour(model, moment)
        said = model.probability(behaviour)
        ids = pd.Index(behaviour["customer_id"], name="customer_id")
        return pd.Series(np.full(len(ids), np.nan) if said is None else said, ids).dropna()

    def _behaviour(self, model: Bundle, moment: date) -> pd.DataFrame:
        key = model.version, moment
        if key not in self._built:
            self._built[key] = model.behaviour(self.tables, moment)
        return self._built[key]

    def _published(self, run: Run) -> pd.Series[float]:
        scores = whole_scores(self.store.database, run.run_id)
        return scores.set_index("customer_id")[PROBABILITY]

    def _bundle_of(self, run: Run) -> Bundle:
        if run is not self.run and run.model_version == self.run.model_version:
            return self.bundle
        return Bundle.load(self.project.bundles / run.model_version)
