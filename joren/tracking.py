"""What a run leaves in MLflow: parameters, measures, pictures, the card, the model, perhaps the alias."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from features.engine import rows_hash
from features.tables import Source, Tables
from features.window import Window
from joren.project import Project
from training import clv_plots
from training.breakdown import by_segment, risk_tenths
from training.bundle import Bundle
from training.errors import ConvergenceError, NotEnoughDataError
from training.evaluate import Evaluation
from training.gate import Verdict, skill
from training.golden import Golden
from training.importance import importance_of
from training.importance_plots import importance_figures
from training.mlflow_run import Nested, measures, slug
from training.model_card import model_card
from training.models.value import ValueModel
from training.plots import figures
from training.registry import GOLDEN, Registry, Version
from training.snapshots import Snapshots
from training.tuning import Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Kept", "copy_home", "keep"]

DATABASE_SUFFIXES = (".db", ".db-wal", ".db-shm", ".db-journal")


@dataclass(frozen=True)
class Kept:
    """The version that a run registered, and whether it became the champion."""

    version: Version
    verdict: Verdict


def keep(
    registry: Registry,
    bundle_path: Path,
    evaluation: Evaluation | None,
    verdict: Verdict,
    *,
    project: Project,
    snapshots: Snapshots,
    trials: Sequence[Trial] = (),
) -> Version:
    """Register the bundle in ``bundle_path`` with all that tells how it came about; nothing is promoted.

    The very bundle again is not drawn again: its pictures are in its first run.
    """
    bundle, tables = Bundle.load(bundle_path), snapshots.tables
    fingerprint = _fingerprint(tables, project, bundle.metadata.as_of)
    known = any(one.bundle_version == bundle.version for one in registry.versions())
    return registry.register(
        bundle_path,
        evaluation,
        parameters=_parameters(project),
        fingerprint=fingerprint,
        figures=_pictures(bundle, evaluation, snapshots) if evaluation and not known else {},
        card=model_card(bundle, evaluation, fingerprint),
        tags=_tags(evaluation, verdict),
        documents={
            GOLDEN: Golden.of(bundle).to_json(),
            "gate.json": verdict.to_json(),
            **_tenths(evaluation),
        },
        metrics=_segments(evaluation, snapshots),
        nested=[*_moments(evaluation, verdict), *_trials(trials)],
    )


def _tags(evaluation: Evaluation | None, verdict: Verdict) -> dict[str, str]:
    """Return what `joren models` lists of a version, beside what it is of."""
    tags = {"gate": verdict.why, "gate_passed": str(verdict.promoted).lower()}
    if evaluation is None or "log_loss" not in evaluation.metrics[evaluation.main]:
        return tags
    told = {"moment": str(evaluation.moment), "kind": evaluation.kind, "skill": f"{skill(evaluation):.4f}"}
    return tags | {f"held_out_{name}": text for name, text in told.items()}


def _moments(evaluation: Evaluation | None, verdict: Verdict) -> Iterator[Nested]:
    """Yield a nested run for each configuration that was tried at the held-out moment."""
    tried = {"challenger": evaluation, "champion's configuration": verdict.opponent}
    for name, one in tried.items():
        if one is not None:
            asked = {"moment": one.moment, "kind": one.kind, "horizon_days": one.horizon_days}
            yield Nested(f"{one.moment} {name}", asked, measures(one))


def _trials(trials: Sequence[Trial]) -> Iterator[Nested]:
    """Yield a nested run for each trial of hyperparameters, in the order of the trials."""
    for one in sorted(trials, key=lambda trial: trial.number):
        by_moment = {f"log_loss/{moment}": loss for moment, loss in one.by_moment.items()}
        yield Nested(
            f"trial {one.number}", asdict(one.hyperparameters), {"log_loss": one.log_loss, **by_moment}
        )


def _tenths(evaluation: Evaluation | None) -> dict[str, str]:
    table = risk_tenths(evaluation) if evaluation else None
    return {} if table is None else {"tenths.csv": table.to_csv()}


def _segments(evaluation: Evaluation | None, snapshots: Snapshots) -> dict[str, float]:
    """Return the main model's measures in each segment, by names such as "segment/loyal/auc"."""
    if evaluation is None:
        return {}
    moment = evaluation.moment
    told = by_segment(evaluation, snapshots.behaviour(moment), snapshots.reference(moment))
    return {
        f"segment/{slug(name)}/{measure}": value
        for name, measured in told.items()
        for measure, value in measured.items()
    }


def _parameters(project: Project) -> dict[str, object]:
    """Return every setting by a name of its own."""
    training = project.training.to_dict()
    tuned: dict[str, object] = training.pop("hyperparameters")
    return {**training, **tuned, **project.policy.to_dict()}


def _pictures(bundle: Bundle, evaluation: Evaluation, snapshots: Snapshots) -> dict[str, Figure]:
    """Return the pictures of the evaluation, of what the model goes by, in ``clv/`` of the value model.

    The value model's end with the last of the evaluation's days on which anybody bought.
    """
    drawn = figures(evaluation) | _importance(bundle, snapshots)
    if not isinstance(bundle.value, ValueModel):
        return drawn
    window = Window(evaluation.moment, evaluation.horizon_days)
    tables = snapshots.part
    end = tables.last_day(window.outcome_end) or window.outcome_end
    try:
        of_value = clv_plots.figures(tables, end, window.horizon_days, type(bundle.value.orders))
    except (NotEnoughDataError, ConvergenceError):
        return drawn
    return drawn | {f"clv/{stem}": figure for stem, figure in of_value.items()}


def _importance(bundle: Bundle, snapshots: Snapshots) -> dict[str, Figure]:
    as_of = bundle.metadata.as_of
    behaviour = bundle.attributes.beside(snapshots.behaviour(as_of), snapshots.part, as_of)
    found = importance_of(bundle, behaviour)
    return {} if found is None else importance_figures(found)


def copy_home(folder: Path, into: Path) -> None:
    """Copy ``folder/mlruns`` into a staging. Artefacts, which never change, are linked where the disk can."""
    if (folder / "mlruns").exists():
        shutil.copytree(folder / "mlruns", into / "mlruns", copy_function=_linked)


def _linked(source: str, place: str) -> None:
    if not source.endswith(DATABASE_SUFFIXES):
        try:
            os.link(source, place)
        except OSError:
            pass
        else:
            return
    shutil.copy2(source, place)


def _fingerprint(tables: Tables, project: Project, as_of: date) -> dict[str, str | int]:
    """Return what tells this data from any other: no row of it."""
    report = tables.reports[tables.basis]
    return {
        **{
            key + ("" if name == "transactions" else f"_{name}"): digest
            for name, source in project.data.sources.items()
            for key, digest in _digest(source, tables, name).items()
        },
        "rows": report.accepted,
        "first_day": str(tables.first_day(as_of)),
        "last_day": str(tables.last_day(as_of)),
        "columns": ", ".join(report.columns),
    }


def _digest(source: Source, tables: Tables, name: str) -> dict[str, str]:
    """Return the hash of a table's file; of the rows that were accepted, in any order, from a database."""
    path = Path(source.location)
    if path.is_file() and not source.table and not source.query:
        with path.open("rb") as file:
            return {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    rows = tables.optional.get(name, tables.transactions)
    return {"rows_hash": rows_hash(rows.drop("source_row"))}
