"""MLflow: what was tried (runs), what can be used (versions of one model), what is used (alias ``champion``).

No customer's row goes to MLflow: no input example, no prediction; only measures, pictures of aggregates, the
model card and the bundle. MLflow costs seconds to import: it is imported when first asked, and quietly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

from training import mlflow_home, promotion
from training.bundle import Bundle
from training.errors import PromotionLockedError, RegistryError
from training.golden import Golden
from training.mlflow_run import (
    Nested,
    labels,
    log_data,
    log_documents,
    log_figures,
    log_measures,
    log_model,
    log_nested,
)
from training.promotion import How, Promotion

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow.models.model import ModelInfo

    from training.evaluate import Evaluation

__all__ = ["CHAMPION", "GOLDEN", "Registry", "Version"]

CHAMPION = "champion"
GOLDEN = "golden.json"


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
        documents: Mapping[str, object] | None = None,
        metrics: Mapping[str, float] | None = None,
        nested: Iterable[Nested] = (),
    ) -> Version:
        """Log a run of all that is given, register the bundle as a new version, and return that version.

        ``fingerprint`` says what data it was (hash, period, rows, schema); ``documents`` and ``figures``
        become files by their names, ``nested`` runs below this one. A bundle that is registered already gets
        a run of its own, but no second version. Raises ``BundleError`` where it is damaged.
        """
        bundle = Bundle.load(bundle_path)
        known = next((one for one in self.versions() if one.bundle_version == bundle.version), None)
        told = {**labels(bundle), **(tags or {})}
        with self._mlflow() as mlflow:
            experiment = self._experiment(mlflow)
            name = f"{bundle.metadata.as_of} {bundle.version}"
            with mlflow.start_run(
                experiment_id=experiment, run_name=name, tags=told, description=card
            ) as run:
                mlflow.log_params(dict(parameters))
                log_data(mlflow, fingerprint)
                log_documents(mlflow, {"model_card.md": card, **(documents or {})})
                log_figures(mlflow, figures)
                mlflow.log_metrics(dict(metrics or {}))
                log_nested(mlflow, experiment, nested)
                if known:
                    log_measures(mlflow, evaluation)
                    return known
                model = log_model(mlflow, bundle, bundle_path)
                log_measures(mlflow, evaluation, model.model_id)
            return self._new_version(mlflow, model, run.info.run_id, told)

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

    def bundle_path(self, version: Version) -> Path:
        """Return a version's bundle as a local folder, fetched where MLflow is remote."""
        uri = f"models:/{self.model_name}/{version.number}"
        with self._mlflow() as mlflow:
            folder = Path(mlflow.artifacts.download_artifacts(uri))
            flavour = mlflow.models.Model.load(str(folder)).flavors["python_function"]
        return folder / str(flavour["artifacts"]["bundle"]["path"])

    def golden(self, version: Version) -> Golden | None:
        """Return the scores that the version's bundle gave when it was made; None where none were kept."""
        with self._mlflow() as mlflow:
            if GOLDEN not in {one.path for one in mlflow.MlflowClient().list_artifacts(version.run_id)}:
                return None
            text = mlflow.artifacts.load_text(f"runs:/{version.run_id}/{GOLDEN}")
        return Golden.from_json(json.loads(text))

    def version(self, number: int | None = None) -> Version:
        """Return that version, or the newest; raises ``RegistryError`` where it is not there."""
        known = {one.number: one for one in self.versions()}
        if not known:
            raise RegistryError(f"{self.model_name} has no version yet.", mend="Train one: joren train")
        if number is None:
            return known[max(known)]
        if number not in known:
            raise RegistryError(
                f"{self.model_name} has no version {number}.",
                which=[f"version {one}" for one in reversed(known)],
                mend="Choose one of those: joren models",
            )
        return known[number]

    def promote(
        self,
        number: int,
        bundles: Path,
        *,
        why: str,
        who: str,
        how: Literal["gate", "forced"] = "gate",
        over: int | None = None,
    ) -> Promotion:
        """Make a version the champion: export its bundle, move the alias and the pointer.

        Who, when (UTC) and why go into the version's tags and the history. ``over``: the champion's number
        for whom this was decided, 0 for nobody; None: whoever stands. A failure on the way leaves what is
        served as it was. Raises ``RegistryError`` for an unknown number, ``PromotionLockedError`` while
        another is at it, or where another was meanwhile.
        """
        with promotion.one_promotion_at_a_time(bundles):
            version, champion = self.version(number), self.champion()
            if over is not None and over != (champion.number if champion else 0):
                raise PromotionLockedError(
                    f"Another champion was chosen while version {number} was at the gate.",
                    which=[f"version {champion.number}" if champion else "nobody"],
                    mend="Look at it (joren models), and try again: joren promote",
                )
            return self._put_in_use(version, bundles, who=who, why=why, how=how)

    def rollback(self, bundles: Path, *, why: str, who: str) -> Promotion:
        """Put back the champion before the one in use; raises as ``promote``, and where there was none."""
        with promotion.one_promotion_at_a_time(bundles):
            before = promotion.before_current(promotion.promotions(bundles))
            if before is None:
                raise RegistryError("There is no champion to go back to.", mend="See: joren models")
            version = self.version(before.number)
            return self._put_in_use(version, bundles, who=who, why=why, how="rollback")

    def _put_in_use(self, version: Version, bundles: Path, *, who: str, why: str, how: How) -> Promotion:
        promoted = Promotion.now(version.number, version.bundle_version, who=who, why=why, how=how)
        place = promotion.exported(self.bundle_path(version), bundles)
        tags = {
            "promoted_by": promoted.who,
            "promoted_at": promoted.when,
            "promoted_because": promoted.why,
            "promoted_how": promoted.how,
        }
        with self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            for key, text in tags.items():
                client.set_model_version_tag(self.model_name, str(version.number), key, text)
            client.set_registered_model_alias(self.model_name, CHAMPION, str(version.number))
        promotion.point_at(place)
        promotion.record(bundles, promoted)
        return promoted

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
