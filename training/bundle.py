"""Everything that scoring needs, in one folder; one of serving's two doors into training.

JSON for parameters, XGBoost's own ``.ubj`` for trees, and ``manifest.json`` with a hash of each file. No
pickle, no clock time, no run id: the same data, lock and seed give the same bytes. The version is a hash of
the whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import pandas as pd

from features.reference import Reference
from features.table import behaviour_panel
from features.tables import Tables
from training.attributes import Attributes
from training.bundle_files import MANIFEST, as_json, hashes_of, unchanged_files, version_of
from training.choice import Choice
from training.errors import BundleError, SchemaMismatchError
from training.evaluate import Forecast
from training.explain import Baseline, Explainer, Reason
from training.frames import Columns, frame_of_arrow
from training.golden import Golden
from training.learners import Learners
from training.metadata import Metadata
from training.models.glm import Array
from training.models.subscription_value import SubscriptionValue, Valuation
from training.models.value import ValueModel
from training.online import Online, Rows, online
from training.policy import Policy
from training.profile import Profile
from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA
from training.scoring import NUMBERS, Scorer, Scores

__all__ = ["NUMBERS", "SCORE_COLUMNS", "SCORE_SCHEMA", "Bundle", "Metadata"]

GOLDEN = "golden.json"
ATTRIBUTES = "attributes.json"
NO_ATTRIBUTES = Attributes()


@dataclass(frozen=True)
class Bundle:
    """A fitted model and all it leans on.

    ``choice`` tells how the purchase model within ``value`` was picked. ``value`` is None where no model
    could be fitted, ``learners`` where history was short. ``profile``: what later tables are held against.
    ``attributes``: how those of the customers became columns.
    """

    metadata: Metadata
    policy: Policy
    reference: Reference
    choice: Choice
    value: Valuation | None
    learners: Learners | None
    baseline: Baseline | None
    profile: Profile
    attributes: Attributes = NO_ATTRIBUTES

    def score(self, tables: Tables, as_of: date, *, behaviour: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return one row a customer with a purchase by ``as_of``: ``SCORE_COLUMNS`` but ``run_id``, by id.

        ``behaviour``: the table at ``as_of`` where it is already at hand. ``reasons`` are null: ask
        ``reasons`` for them.
        """
        if behaviour is None:
            behaviour = self.behaviour(tables, as_of)
        return self.score_table(behaviour, as_of, data_ends=tables.last_day(as_of))

    def behaviour(self, tables: Tables, as_of: date) -> pd.DataFrame:
        """Return the behaviour table at ``as_of`` by this bundle's reference, in order of ``customer_id``."""
        rows = behaviour_panel(tables, [replace(self.reference, as_of=as_of)])
        return self.attributes.beside(frame_of_arrow(rows), tables, as_of)

    def behaviour_of(self, rows: Rows, as_of: date) -> pd.DataFrame:
        """Return `behaviour` of customers from all of their own rows, by contract table, as texts.

        Rows of other tables than ``tables`` are not looked at. Raises ``features.errors.RowsRefusedError``
        where a row breaks the contract.
        """
        return self._online.behaviour(rows, as_of, self.reference)

    def prepare(self) -> None:
        """Make the plans that ``behaviour_of`` goes by, which takes seconds the first time."""
        self._online  # noqa: B018 - to ask for it makes it

    @property
    def tables(self) -> tuple[str, ...]:
        """The contract tables whose rows are looked at."""
        return self.metadata.layout.given

    def score_table(
        self, behaviour: pd.DataFrame, as_of: date, *, data_ends: date | None = None
    ) -> pd.DataFrame:
        """Score rows of a behaviour table; a score depends on its row alone, but for ranks and percentiles.

        ``data_ends``: the last day of the data behind it; well before ``as_of``, the features are stale.
        Raises ``SchemaMismatchError`` where a feature that the bundle was fitted on is missing.
        """
        return pd.DataFrame(self.score_columns(behaviour, as_of, data_ends=data_ends))

    def score_columns(self, behaviour: pd.DataFrame, as_of: date, *, data_ends: date | None = None) -> Scores:
        """Return the columns of `score_table` by name, (rows,): for who makes something else of them."""
        self._check(behaviour)
        return self._scorer.columns(behaviour, as_of, data_ends=data_ends)

    def numbers(self, behaviour: pd.DataFrame, as_of: date) -> dict[str, Array]:
        """Return what `score_table` predicts of each row, (rows,), without what it only observes.

        ``NUMBERS`` names them; all NaN where the bundle has no model. Raises ``SchemaMismatchError`` as
        `score_table` does.
        """
        self._check(behaviour)
        return self._scorer.numbers(behaviour, as_of)

    def by_model(self, behaviour: pd.DataFrame) -> dict[str, Forecast]:
        """Return what each model that takes part says of each row, "Joren" among them: for comparisons."""
        self._check(behaviour)
        return self._scorer.by_model(behaviour)

    def probability(self, behaviour: pd.DataFrame) -> Array | None:
        """Return the churn probability of each row, (rows,), as `score` gives it; None without a model."""
        self._check(behaviour)
        return None if self.value is None else self._scorer.forecast(Columns(behaviour)).churn_probability

    def contributions(self, behaviour: pd.DataFrame) -> pd.DataFrame | None:
        """Return rows × features: what each adds to a row's log-odds of leaving; None without a model.

        Row by row they add up to the log-odds less those of customers who stayed, on average.
        """
        self._check(behaviour)
        if self._explainer is None:
            return None
        return self._explainer.contributions(self._scorer.with_value_features(behaviour))

    def reasons(self, behaviour: pd.DataFrame, language: str = "en", limit: int = 3) -> list[list[Reason]]:
        """Return why each customer may leave: at most ``limit`` reasons a row, the strongest first."""
        self._check(behaviour)
        if self._explainer is None:
            return [[] for _ in range(len(behaviour))]
        return self._explainer.reasons(self._scorer.with_value_features(behaviour), language, limit)

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """Every file of the bundle but the manifest, by name."""
        files = {
            "metadata.json": as_json(self.metadata.to_dict()),
            "policy.json": as_json(self.policy.to_dict()),
            "reference.json": self.reference.to_json().encode(),
            "choice.json": as_json(self.choice.to_dict()),
            "value.json": as_json(None if self.value is None else self.value.to_dict()),
            "baseline.json": as_json(None if self.baseline is None else self.baseline.to_dict()),
            "profile.json": as_json(self.profile.to_dict()),
        }
        if self.attributes.columns:
            files[ATTRIBUTES] = as_json(self.attributes.to_dict())
        return files if self.learners is None else files | self.learners.to_files()

    @cached_property
    def manifest(self) -> dict[str, str]:
        """The SHA-256 of each file."""
        return hashes_of(self.contents)

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that name this bundle's content."""
        return version_of(self.manifest)

    def save(self, folder: Path) -> None:
        """Write the bundle into ``folder``, which is made, and must hold nothing else.

        The golden scores lie beside the files that the version is a hash of.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            (folder / name).write_bytes(content)
        (folder / MANIFEST).write_bytes(as_json({"version": self.version, "files": self.manifest}))
        (folder / GOLDEN).write_bytes(as_json(Golden.of(self).to_json()))

    @classmethod
    def verified(cls, folder: Path) -> Self:
        """Read a bundle, and ask it for its golden scores again.

        Raises ``BundleError`` where these are others, or as `load` does.
        """
        bundle = cls.load(folder)
        try:
            golden = Golden.from_json(json.loads((folder / GOLDEN).read_bytes()))
            changed = golden.changed(bundle)
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise BundleError(
                f"{folder.name} has no golden scores that can be asked again.",
                mend="Train again: joren train",
            ) from fault
        if changed:
            raise BundleError(
                "The bundle scores otherwise here than where it was made.",
                which=changed,
                mend="Install the locked packages, or train again: joren train",
            )
        return bundle

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bundle. Raises ``BundleError`` where a file is missing, changed, or not Joren's."""
        files = unchanged_files(folder)
        try:
            return cls._from_files(files)
        except (ValueError, KeyError, TypeError, AttributeError) as fault:
            raise BundleError(
                f"{folder.name} has another form than this version of Joren reads.",
                mend="Train again: joren train",
            ) from fault

    @classmethod
    def _from_files(cls, files: Mapping[str, bytes]) -> Self:
        value, baseline = json.loads(files["value.json"]), json.loads(files["baseline.json"])
        return cls(
            metadata=Metadata.from_dict(json.loads(files["metadata.json"])),
            policy=Policy(**json.loads(files["policy.json"])),
            reference=Reference.from_json(files["reference.json"].decode()),
            choice=Choice.from_dict(json.loads(files["choice.json"])),
            value=None if value is None else _valuation(value),
            learners=Learners.from_files(dict(files)) if "learners.json" in files else None,
            baseline=None if baseline is None else Baseline(**baseline),
            profile=Profile.from_dict(json.loads(files["profile.json"])),
            attributes=Attributes.from_dict(json.loads(files[ATTRIBUTES]))
            if ATTRIBUTES in files
            else NO_ATTRIBUTES,
        )

    @property
    def _online(self) -> Online:
        told = self.metadata
        return online(told.layout, told.zone, told.currency, self.attributes)

    @cached_property
    def _scorer(self) -> Scorer:
        return Scorer(self.metadata, self.policy, self.reference, self.value, self.learners, self.version)

    @cached_property
    def _explainer(self) -> Explainer | None:
        if self.value is None or self.baseline is None:
            return None
        told = self.metadata
        return Explainer(self.value, self.learners, self.baseline, told.horizon_days, told.currency)

    def _check(self, behaviour: pd.DataFrame) -> None:
        there = set(behaviour.columns)
        missing = [name for name in self.metadata.features if name not in there]
        if missing:
            raise SchemaMismatchError(
                f"The table lacks {len(missing)} of the {len(self.metadata.features)} features fitted on.",
                which=missing,
                mend="Build it with this bundle's own `behaviour`, or train again.",
            )


def _valuation(kept: dict[str, Any]) -> Valuation:
    return (SubscriptionValue if "tenure" in kept else ValueModel).from_dict(kept)
