"""What a run in MLflow holds of a model: labels, measures, pictures, the bundle and how it is called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING

import pyarrow as pa

from training.bundle import Bundle
from training.canvas import save
from training.provenance import git_commit, lock_hash, requirements
from training.score_schema import SCORE_SCHEMA

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

    from training.evaluate import Evaluation

__all__ = [
    "Nested",
    "labels",
    "log_data",
    "log_documents",
    "log_figures",
    "log_measures",
    "log_model",
    "log_nested",
    "measures",
    "slug",
]

LOADER = Path(__file__).with_name("pyfunc_model.py")
DIGEST = 32  # MLflow takes no more than 36 characters
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
class Nested:
    """A run below another: a held-out moment, a trial of hyperparameters."""

    name: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


def labels(bundle: Bundle) -> dict[str, str]:
    """Return the tags of a run, and of a version, by which it is found."""
    about = bundle.metadata
    told = {
        "bundle_version": bundle.version,
        "method": about.method,
        "as_of": about.as_of.isoformat(),
        "horizon_days": str(about.horizon_days),
        "lock_sha256": lock_hash(),
    }
    commit = git_commit()
    return {**told, "mlflow.source.git.commit": commit} if commit else told


def log_measures(mlflow: ModuleType, evaluation: Evaluation | None, model_id: str | None = None) -> None:
    """Log each model's measures at the held-out moment."""
    if evaluation is None:
        return
    mlflow.log_dict(evaluation.to_json(), "evaluation.json")
    mlflow.log_metrics(measures(evaluation), model_id=model_id)


def measures(evaluation: Evaluation) -> dict[str, float]:
    """Return each model's measures under names that MLflow allows: "BG/NBD", "auc" become "bg_nbd/auc"."""
    return {
        f"{slug(model)}/{name}": value
        for model, measured in evaluation.metrics.items()
        for name, value in measured.items()
    }


def slug(name: str) -> str:
    """Return a name that MLflow allows.

    >>> slug("Can't Lose Them")
    'can_t_lose_them'
    """
    return re.sub("[^a-z0-9]+", "_", name.lower())


def log_data(mlflow: ModuleType, fingerprint: Mapping[str, str | int]) -> None:
    """Log which data it was, as parameters and as MLflow's own dataset: its hash, and no row of it."""
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    told = {f"data/{key}": value for key, value in fingerprint.items()}
    mlflow.log_params(told)
    digest = hashlib.sha256(repr(sorted(told.items())).encode()).hexdigest()[:DIGEST]
    source = CodeDatasetSource(tags={key: str(value) for key, value in told.items()})
    data = MetaDataset(source, "transactions", digest)  # type: ignore[abstract] # MLflow left it so
    mlflow.log_input(data, context="training")


def log_documents(mlflow: ModuleType, documents: Mapping[str, object]) -> None:
    """Log texts as they are, and anything else as JSON, by file name."""
    for file, document in documents.items():
        if isinstance(document, str):
            mlflow.log_text(document, file)
        else:
            mlflow.log_dict(document, file)


def log_figures(mlflow: ModuleType, figures: Mapping[str, Figure]) -> None:
    """Log pictures into the folder ``figures``, as PNG, by their names without the ending."""
    with TemporaryDirectory() as folder:
        for stem, figure in figures.items():
            path = Path(folder, f"{stem}.png")
            path.parent.mkdir(exist_ok=True)
            save(figure, path)
        mlflow.log_artifacts(folder, "figures")


def log_nested(mlflow: ModuleType, experiment: str, nested: Iterable[Nested]) -> None:
    """Log runs below the one that is active."""
    for one in nested:
        with mlflow.start_run(experiment_id=experiment, run_name=one.name, nested=True):
            mlflow.log_params(dict(one.parameters))
            mlflow.log_metrics(dict(one.metrics))


def log_model(mlflow: ModuleType, bundle: Bundle, folder: Path) -> ModelInfo:
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
