"""The walk: read, learn, judge, keep, score, publish, write. It wires the rooms; the logic is theirs."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Protocol

from features.sources import read_tables
from features.tables import Tables
from joren.background import background_of
from joren.champion import champion_of
from joren.commit import Staging
from joren.gatekeeper import challenged, registry_of, whoever
from joren.outputs import BEHAVIOUR, MODEL, REPORTS, refuse_what_is_not_ours, write_behaviour, write_results
from joren.project import Project, moment_asked
from joren.report import RunReport, TrainingReport, run_report, training_report
from joren.service import open_store
from joren.tracking import Kept, copy_home, keep
from joren.workplace import workplace
from serving.batch import ScoredRun, publish_run, score_run
from serving.tombstones import without_erased
from training.backtest import hold_out
from training.bundle import Bundle
from training.evaluate import Evaluation
from training.fit import fit
from training.gate import Verdict
from training.golden import Golden
from training.registry import Registry
from training.snapshots import Snapshots
from training.tuning import Trial, tune

__all__ = ["Steps", "run_once", "run_project", "score_project", "train_project"]


class Steps(Protocol):
    """Whoever is told which step a run is at."""

    def step(self, title: str) -> AbstractContextManager[None]:
        """Return a context that lasts as long as the step."""


@dataclass(frozen=True)
class Walk:
    """A run under way: what it is of, where it works, and who is told."""

    project: Project
    stage: Staging
    steps: Steps
    started: datetime
    run_id: str
    tables: Tables
    as_of: date
    snapshots: Snapshots


def run_once(project: Project, steps: Steps) -> RunReport:
    """Do all of it within ``project.folder``, and touch nothing else; the files change all or none."""
    refuse_what_is_not_ours(project)
    with _begun(project, steps) as walk:
        new = walk.stage.new
        bundle, evaluation = _learned(walk)
        bundle.save(new / MODEL)
        scored = _scored(walk, bundle)
        with steps.step("Keeping the model in MLflow"):
            copy_home(project.folder, new)
            home = Registry.local(new)
            verdict = Verdict.yes("the model of this folder")
            version = keep(home, new / MODEL, evaluation, verdict, project=project, snapshots=walk.snapshots)
            home.promote(version.number, walk.stage.scratch / "bundles", why=verdict.why, who=whoever())
        report = run_report(project, walk.tables, bundle, evaluation, scored.scores)
        names = write_results(report, walk.tables, new)
        walk.stage.commit(*names, MODEL, "mlruns")
        Registry.local(project.folder)
    return report


def run_project(project: Project, steps: Steps) -> RunReport:
    """Learn, keep, and score with the better of the new model and the champion; publish the scores."""
    with _begun(project, steps) as walk:
        bundle, evaluation = _learned(walk)
        kept = _kept(walk, bundle, evaluation)
        return _published(walk, evaluation, kept)


def train_project(project: Project, steps: Steps, trials: int = 0) -> TrainingReport:
    """Learn, judge and register; the new model becomes the champion where the gate lets it in.

    ``trials``: sets of hyperparameters that are tried first; what is learned with is the best of them.
    """
    with _begun(project, steps) as walk:
        tried = _tried(walk, trials) if trials else []
        if tried:
            training = replace(project.training, hyperparameters=tried[0].hyperparameters)
            walk = replace(walk, project=replace(project, training=training))  # noqa: PLW2901 - tuned
        bundle, evaluation = _learned(walk)
        kept = _kept(walk, bundle, evaluation, tried)
        return training_report(walk.tables, bundle, evaluation, kept, tried)


def score_project(project: Project, steps: Steps) -> RunReport:
    """Score with the champion, and publish."""
    with _begun(project, steps) as walk:
        return _published(walk, None, None)


@contextmanager
def _begun(project: Project, steps: Steps) -> Iterator[Walk]:
    """Hold the project's folder for a run, and read the data."""
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    with workplace(project.folder) as stage:
        with steps.step(f"Reading {project.source_name}"):
            tables = read_tables(project.data)
            as_of = moment_asked(project, tables)
        snapshots = Snapshots.of(tables, as_of, project.training)
        yield Walk(project, stage, steps, started, run_id, tables, as_of, snapshots)


def _tried(walk: Walk, trials: int) -> list[Trial]:
    """Try hyperparameters, with what earlier runs on the same data have tried; the best first."""
    home = walk.project.folder / "mlruns"
    home.mkdir(exist_ok=True)
    with walk.steps.step(f"Trying {trials} sets of hyperparameters"):
        return tune(
            walk.tables,
            walk.as_of,
            walk.project.training,
            trials,
            home / "trials.db",
            snapshots=walk.snapshots,
        )


def _learned(walk: Walk) -> tuple[Bundle, Evaluation | None]:
    config, policy, snapshots = walk.project.training, walk.project.policy, walk.snapshots
    with walk.steps.step(f"Learning from what was known by {walk.as_of}"):
        bundle = fit(walk.tables, walk.as_of, config, policy, snapshots=snapshots)
    with walk.steps.step("Judging the models on a held-out period"):
        evaluation = hold_out(walk.tables, walk.as_of, config, policy, snapshots=snapshots)
    return bundle, evaluation


def _kept(walk: Walk, bundle: Bundle, evaluation: Evaluation | None, trials: Sequence[Trial] = ()) -> Kept:
    """Hold the new model against the champion, register it, and promote it where it may take the place."""
    project, path, home = walk.project, walk.stage.scratch / MODEL, registry_of(walk.project)
    bundle.save(path)
    with walk.steps.step("Holding it against the champion"):
        challenge = challenged(
            home,
            project,
            Bundle.load(path),
            evaluation,
            golden=Golden.of(bundle),
            snapshots=walk.snapshots,
        )
    verdict = challenge.verdict
    with walk.steps.step("Keeping the model in MLflow"):
        version = keep(
            home, path, evaluation, verdict, project=project, snapshots=walk.snapshots, trials=trials
        )
        if verdict.promoted:
            home.promote(version.number, project.bundles, why=verdict.why, who=whoever(), over=challenge.over)
    return Kept(version, verdict)


def _scored(walk: Walk, bundle: Bundle) -> ScoredRun:
    with walk.steps.step("Scoring every customer"):
        return score_run(bundle, walk.tables, walk.as_of, walk.run_id)


def _published(walk: Walk, evaluation: Evaluation | None, kept: Kept | None) -> RunReport:
    """Score with the champion, publish into the store, and write the project's reports."""
    project, new = walk.project, walk.stage.new
    bundle = champion_of(project)
    everybody = _scored(walk, bundle)
    with closing(open_store(project)) as store:
        scored = ScoredRun(*without_erased(store.database, everybody.scores, everybody.behaviour))
    report = run_report(project, walk.tables, bundle, evaluation, scored.scores, kept=kept)
    if erased := len(everybody.scores) - len(scored.scores):
        report = replace(
            report, notes=(*report.notes, f"{erased:,} customers are left out: they were erased")
        )
    with walk.steps.step("Publishing the scores"):
        names = write_results(report, walk.tables, new / REPORTS)
        write_behaviour(scored.behaviour, new / BEHAVIOUR)
        background = background_of(walk.tables, walk.as_of, project.training.attributes)
        with closing(open_store(project)) as store:
            publish_run(
                scored,
                store,
                published_at=walk.started,
                background=background,
                retention=project.retention,
            )
        walk.stage.commit(*(f"{REPORTS}/{name}" for name in names), BEHAVIOUR)
    return report
