"""MLflow: what was tried (runs), what can be used (versions of one model), what is used (alias ``champion``).

No customer's row goes to MLflow: no input example, no prediction; only measures, pictures of aggregates, the
model card and the bundle. MLflow costs seconds to import: it is imported when first asked, and quietly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from training import mlflow_home, promotion
from training.bundle import Bundle
from training.errors import RegistryError
from training.provenance import git_commit, requirements
from training.score_schema import SCORE_SCHEMA

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

    from training.evaluate import Evaluation

__all__ = ["CHAMPION", "Registry", "Version"]

CHAMPION = "champion"
LOADER = Path(__file__).with_name("pyfunc_model.py")
NOT_RETURNED = ("reasons", "run_id")  # columns of a score that a loaded model does not give
TYPES = MappingProxyType(
    {
        pa.string(): "string",
        pa.float64(): "double",
        pa.int32(): "integer",
        pa.bool_(): "boolean",
        pa.date32(): "datetime",
    }
)


@dataclass(frozen=True)
class Version:
    """A registered model: its number in the registry, the run that made it, and its bundle's version."""

    number: int
    run_id: str
    bundle_version: str
    is_champion: bool = False
    tags: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Registry:
    """One MLflow, local or remote, and the experiment and model of one name in it."""

    tracking_uri: str
    artifact_root: str
    model_name: str = "joren"

    @classmethod
    def local(cls, home: Path) -> Registry:
        """Return the registry of a project folder, wherever that folder has been moved to since."""
        return cls(*mlflow_home.opened(home))

    def register(
        self,
        bundle_path: Path,
        evaluation: Evaluation | None,
        *,
        parameters: Mapping[str, object],
        fingerprint: Mapping[str, str | int],
        figures: Mapping[str, Figure],
        card: str,
        tags: Mapping[str, str] | None = None,
    ) -> Version:
        """Log a run of all that is given, register the bundle as a new version, and return that version.

        ``fingerprint`` says what data it was (hash, period, rows, schema). A bundle that is registered
        already gets a run of its own, but no second version. Raises ``BundleError`` where it is damaged.
        """
        bundle = Bundle.load(bundle_path)
        known = next((one for one in self.versions() if one.bundle_version == bundle.version), None)
        labels = {**_labels(bundle), **(tags or {})}
        with self._mlflow() as mlflow:
            experiment = self._experiment(mlflow)
            name = f"{bundle.metadata.as_of} {bundle.version}"
            with mlflow.start_run(
                experiment_id=experiment, run_name=name, tags=labels, description=card
            ) as run:
                mlflow.log_params(
                    {**parameters, **{f"data/{key}": value for key, value in fingerprint.items()}}
                )
                mlflow.log_text(card, "model_card.md")
                for stem, figure in figures.items():
                    mlflow.log_figure(figure, f"figures/{stem}.png")
                if known:
                    _log_measures(mlflow, evaluation)
                    return known
                model = _log_model(mlflow, bundle, bundle_path)
                _log_measures(mlflow, evaluation, model.model_id)
            return self._new_version(mlflow, model, run.info.run_id, labels)

    def versions(self) -> list[Version]:
        """Return every registered version, the oldest first."""
        with self._mlflow() as mlflow:
            client, ours = mlflow.MlflowClient(), f"name = '{self.model_name}'"
            champions = [one.aliases.get(CHAMPION) for one in client.search_registered_models(ours)]
            found = [
                Version(
                    number=int(one.version),
                    run_id=one.run_id,
                    bundle_version=one.tags.get("bundle_version", ""),
                    is_champion=one.version in champions,
                    tags=one.tags,
                )
                for one in client.search_model_versions(ours)
            ]
        return sorted(found, key=lambda one: one.number)

    def champion(self) -> Version | None:
        """Return the version that the alias names; None where nothing was promoted yet."""
        return next((one for one in self.versions() if one.is_champion), None)

    def champion_bundle_path(self) -> Path:
        """Return the champion's bundle as a local folder, fetched where MLflow is remote.

        Raises ``RegistryError`` where there is no champion.
        """
        champion = self.champion()
        if champion is None:
            raise RegistryError(
                f"No version of {self.model_name} is champion.", mend="Promote one: joren promote"
            )
        return self._bundle_path(champion)

    def promote(self, number: int, bundles: Path, why: str, who: str) -> Path:
        """Make a version the champion: export its bundle, move the alias and the pointer; return the export.

        Who, when (UTC) and why become the version's tags. A failure on the way leaves what is served as it
        was. Raises ``RegistryError`` for an unknown number, ``PromotionLockedError`` while another is at it.
        """
        with promotion.one_promotion_at_a_time(bundles):
            known = {one.number: one for one in self.versions()}
            if number not in known:
                raise RegistryError(
                    f"{self.model_name} has no version {number}.",
                    which=[f"version {one}" for one in reversed(known)],
                    mend="Choose one of those: joren models" if known else "Train one first: joren train",
                )
            place = promotion.exported(self._bundle_path(known[number]), bundles)
            when = datetime.now(UTC).isoformat(timespec="seconds")
            with self._mlflow() as mlflow:
                client = mlflow.MlflowClient()
                for key, text in {"promoted_by": who, "promoted_at": when, "promoted_because": why}.items():
                    client.set_model_version_tag(self.model_name, str(number), key, text)
                client.set_registered_model_alias(self.model_name, CHAMPION, str(number))
            promotion.point_at(place)
        return place

    def _bundle_path(self, version: Version) -> Path:
        uri = f"models:/{self.model_name}/{version.number}"
        with self._mlflow() as mlflow:
            folder = Path(mlflow.artifacts.download_artifacts(uri))
            flavour = mlflow.models.Model.load(str(folder)).flavors["python_function"]
        return folder / str(flavour["artifacts"]["bundle"]["path"])

    def _experiment(self, mlflow: ModuleType) -> str:
        found = mlflow.get_experiment_by_name(self.model_name)
        if found:
            return str(found.experiment_id)
        return str(mlflow.create_experiment(self.model_name, artifact_location=self.artifact_root or None))

    def _new_version(
        self, mlflow: ModuleType, model: ModelInfo, run_id: str, labels: Mapping[str, str]
    ) -> Version:
        client = mlflow.MlflowClient()
        if not client.search_registered_models(f"name = '{self.model_name}'"):
            client.create_registered_model(self.model_name)
        made = client.create_model_version(
            self.model_name, model.model_uri, run_id, tags=labels, model_id=model.model_id
        )
        return Version(int(made.version), run_id, labels["bundle_version"], tags=labels)

    @contextmanager
    def _mlflow(self) -> Iterator[ModuleType]:
        """Lend mlflow, pointed at this registry; it then points again where it did before."""
        with mlflow_home.quiet():
            import mlflow
            import mlflow.pyfunc

            before = mlflow.get_tracking_uri()
            mlflow.set_tracking_uri(self.tracking_uri)
            try:
                yield mlflow
            finally:
                mlflow.set_tracking_uri(before)


def _labels(bundle: Bundle) -> dict[str, str]:
    about = bundle.metadata
    labels = {
        "bundle_version": bundle.version,
        "method": about.method,
        "as_of": about.as_of.isoformat(),
        "horizon_days": str(about.horizon_days),
    }
    commit = git_commit()
    return {**labels, "mlflow.source.git.commit": commit} if commit else labels


def _log_measures(mlflow: ModuleType, evaluation: Evaluation | None, model_id: str | None = None) -> None:
    """Log each model's measures under names that MLflow allows: "BG/NBD", "auc" become "bg_nbd/auc"."""
    if evaluation is None:
        return
    mlflow.log_dict(evaluation.to_json(), "evaluation.json")
    measures = {
        f"{re.sub('[^a-z0-9]+', '_', model.lower())}/{name}": value
        for model, measured in evaluation.metrics.items()
        for name, value in measured.items()
    }
    mlflow.log_metrics(measures, model_id=model_id)


def _log_model(mlflow: ModuleType, bundle: Bundle, folder: Path) -> ModelInfo:
    """Log the bundle as a model of the run; requirements are given, else MLflow would guess them for long."""
    model: ModelInfo = mlflow.pyfunc.log_model(
        name="bundle",
        python_model=str(LOADER),
        artifacts={"bundle": str(folder)},
        signature=_signature(bundle.metadata.features),
        pip_requirements=requirements(),
        metadata={"bundle_version": bundle.version},
    )
    return model


def _signature(features: Sequence[str]) -> ModelSignature:
    """Return what goes in and out. Features are of any type: a null makes whole numbers fractions."""
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, ColSpec, Schema

    number = AnyType()  # type: ignore[no-untyped-call] # MLflow left it so
    keys = [ColSpec("string", "customer_id"), ColSpec("datetime", "as_of", required=False)]
    return ModelSignature(
        Schema([*keys, *(ColSpec(number, name) for name in features)]),
        Schema([ColSpec(TYPES[one.type], one.name) for one in SCORE_SCHEMA if one.name not in NOT_RETURNED]),
    )
