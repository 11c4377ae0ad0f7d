"""Everything that scoring needs, in one folder; one of serving's two doors into training.

JSON for parameters, XGBoost's own ``.ubj`` for trees, and ``manifest.json`` with a hash of each file. No
pickle, no clock time, no run id: the same data, lock and seed give the same bytes. The version is a hash of
the whole.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from features.reference import Reference
from features.table import behaviour_table
from features.tables import Tables
from training.attributes import Attributes
from training.choice import Choice
from training.errors import BundleError, SchemaMismatchError
from training.evaluate import Forecast
from training.explain import Baseline, Explainer, Reason
from training.frames import as_frame
from training.learners import Learners
from training.metadata import Metadata
from training.models.glm import Array
from training.models.subscription_value import SubscriptionValue, Valuation
from training.models.value import ValueModel
from training.policy import Policy
from training.profile import Profile
from training.score_schema import SCORE_COLUMNS, SCORE_SCHEMA
from training.scoring import Scorer

__all__ = ["SCORE_COLUMNS", "SCORE_SCHEMA", "Bundle", "Metadata"]

MANIFEST = "manifest.json"
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
        return self.attributes.beside(as_frame(behaviour_table(tables, as_of, self.reference)), tables, as_of)

    def score_table(
        self, behaviour: pd.DataFrame, as_of: date, *, data_ends: date | None = None
    ) -> pd.DataFrame:
        """Score rows of a behaviour table; a score depends on its row alone, but for ranks and percentiles.

        ``data_ends``: the last day of the data behind it; well before ``as_of``, the features are stale.
        Raises ``SchemaMismatchError`` where a feature that the bundle was fitted on is missing.
        """
        self._check(behaviour)
        return self._scorer.table(behaviour, as_of, data_ends=data_ends)

    def by_model(self, behaviour: pd.DataFrame) -> dict[str, Forecast]:
        """Return what each model that takes part says of each row, "Joren" among them: for comparisons."""
        self._check(behaviour)
        return self._scorer.by_model(behaviour)

    def probability(self, behaviour: pd.DataFrame) -> Array | None:
        """Return the churn probability of each row, (rows,), as `score` gives it; None without a model."""
        self._check(behaviour)
        return None if self.value is None else self._scorer.forecast(behaviour).churn_probability

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
            "metadata.json": _json(self.metadata.to_dict()),
            "policy.json": _json(self.policy.to_dict()),
            "reference.json": self.reference.to_json().encode(),
            "choice.json": _json(self.choice.to_dict()),
            "value.json": _json(None if self.value is None else self.value.to_dict()),
            "baseline.json": _json(None if self.baseline is None else self.baseline.to_dict()),
            "profile.json": _json(self.profile.to_dict()),
        }
        if self.attributes.columns:
            files[ATTRIBUTES] = _json(self.attributes.to_dict())
        return files if self.learners is None else files | self.learners.to_files()

    @cached_property
    def manifest(self) -> dict[str, str]:
        """The SHA-256 of each file."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(self.contents.items())}

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits that name this bundle's content."""
        return hashlib.sha256(_json(self.manifest)).hexdigest()[:12]

    def save(self, folder: Path) -> None:
        """Write the bundle into ``folder``, which is made, and must hold nothing else."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.contents.items():
            (folder / name).write_bytes(content)
        (folder / MANIFEST).write_bytes(_json({"version": self.version, "files": self.manifest}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a bundle. Raises ``BundleError`` where a file is missing, changed, or not Joren's."""
        files = _verified(folder)
        value, baseline = json.loads(files["value.json"]), json.loads(files["baseline.json"])
        return cls(
            metadata=Metadata.from_dict(json.loads(files["metadata.json"])),
            policy=Policy(**json.loads(files["policy.json"])),
            reference=Reference.from_json(files["reference.json"].decode()),
            choice=Choice.from_dict(json.loads(files["choice.json"])),
            value=None if value is None else _valuation(value),
            learners=Learners.from_files(files) if "learners.json" in files else None,
            baseline=None if baseline is None else Baseline(**baseline),
            profile=Profile.from_dict(json.loads(files["profile.json"])),
            attributes=Attributes.from_dict(json.loads(files[ATTRIBUTES]))
            if ATTRIBUTES in files
            else NO_ATTRIBUTES,
        )

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
        missing = [name for name in self.metadata.features if name not in behaviour.columns]
        if missing:
            raise SchemaMismatchError(
                f"The table lacks {len(missing)} of the {len(self.metadata.features)} features fitted on.",
                which=missing,
                mend="Build it with this bundle's own `behaviour`, or train again.",
            )


def _valuation(kept: dict[str, Any]) -> Valuation:
    return (SubscriptionValue if "tenure" in kept else ValueModel).from_dict(kept)


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=_plain) + "\n").encode()


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong in a bundle")


def _verified(folder: Path) -> dict[str, bytes]:
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files = {name: (folder / name).read_bytes() for name in manifest["files"]}
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BundleError(
            f"{folder.name} is no bundle that Joren can read.", mend="Train again: joren train"
        ) from fault
    changed = [
        name
        for name, content in files.items()
        if hashlib.sha256(content).hexdigest() != manifest["files"][name]
    ]
    if changed or hashlib.sha256(_json(manifest["files"])).hexdigest()[:12] != manifest["version"]:
        raise BundleError(
            "The bundle was changed after it was made.", which=changed, mend="Train again: joren train"
        )
    return files
