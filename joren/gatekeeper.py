"""Who stands before the gate and who behind it: a challenger, the champion, the project's data."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass, replace

from features.sources import read_tables
from joren.project import Project, moment_asked
from training.backtest import hold_out
from training.bundle import Bundle
from training.checks import faults
from training.config import TrainingConfig
from training.errors import BundleError, RegistryError
from training.evaluate import Evaluation
from training.gate import FIRST, Verdict, judge_challenger
from training.golden import Golden
from training.metadata import Metadata
from training.registry import Registry, Version
from training.snapshots import Snapshots

__all__ = ["Challenge", "challenged", "promote_version", "registry_of", "whoever"]

ALREADY = "this very model is the champion already"
UNREADABLE = "the champion cannot be read by this version of Joren"


@dataclass(frozen=True)
class Challenge:
    """What the gate said, and of whom: ``champion`` is the version that stood then, None for nobody."""

    verdict: Verdict
    champion: Version | None

    @property
    def over(self) -> int:
        """The number of that champion, 0 for nobody."""
        return self.champion.number if self.champion else 0


def registry_of(project: Project) -> Registry:
    """Return the registry that the project keeps its models in: its folder's own, or a tracking server.

    The environment's MLFLOW_TRACKING_URI comes before joren.toml's ``[mlflow] tracking_uri``.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or project.tracking_uri
    if uri:
        return Registry(uri, artifact_root="", model_name=project.model_name)
    return replace(Registry.local(project.folder), model_name=project.model_name)


def whoever() -> str:
    """Return the name of the user that this process runs as."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def challenged(
    registry: Registry,
    project: Project,
    challenger: Bundle,
    evaluation: Evaluation | None,
    *,
    golden: Golden,
    snapshots: Snapshots,
) -> Challenge:
    """Put a bundle before the gate; ``evaluation`` is its configuration's at the newest held-out moment.

    ``challenger`` is as read back from where it is kept; ``golden``: what it said when it was made.
    """
    champion = registry.champion()
    if champion is not None and champion.bundle_version == challenger.version:
        return Challenge(Verdict(promoted=False, why=ALREADY), champion)
    standing = _metadata(registry, champion)

    def opponent(config: TrainingConfig) -> Evaluation | None:
        as_of = moment_asked(project, snapshots.tables)
        return hold_out(snapshots.tables, as_of, config, challenger.policy, snapshots=snapshots)

    broken = faults(challenger, golden, standing, evaluation, snapshots)
    verdict = judge_challenger(
        challenger.metadata, evaluation, standing, opponent=opponent, broken=broken, gate=project.gate
    )
    if champion is not None and standing is None:
        verdict = replace(verdict, why=verdict.why.replace(FIRST, UNREADABLE))
    return Challenge(verdict, champion)


def promote_version(project: Project, number: int | None, *, who: str, why: str) -> tuple[int, Verdict]:
    """Put a registered version (the newest without a number) before the gate on today's data.

    Returns its number and what the gate says. What passes is promoted; ``why`` is added to the reason.
    """
    registry = registry_of(project)
    version, champion = registry.version(number), registry.champion()
    if champion is not None and champion.number == version.number:
        return version.number, Verdict(promoted=False, why=ALREADY)
    bundle, golden = Bundle.load(registry.bundle_path(version)), registry.golden(version)
    if golden is None:
        raise RegistryError(
            f"Version {version.number} was kept without golden scores.", mend="Train again: joren train"
        )
    tables, config = read_tables(project.data), bundle.metadata.training
    as_of = moment_asked(project, tables)
    snapshots = Snapshots.of(tables, as_of, config)
    evaluation = hold_out(tables, as_of, config, bundle.policy, snapshots=snapshots)
    challenge = challenged(registry, project, bundle, evaluation, golden=golden, snapshots=snapshots)
    if challenge.verdict.promoted:
        reason = f"{why}: {challenge.verdict.why}" if why else challenge.verdict.why
        registry.promote(version.number, project.bundles, why=reason, who=who, over=challenge.over)
    return version.number, challenge.verdict


def _metadata(registry: Registry, champion: Version | None) -> Metadata | None:
    """Return what the champion is of; None where there is none that can be read."""
    if champion is None:
        return None
    try:
        return Bundle.load(registry.bundle_path(champion)).metadata
    except BundleError:
        return None
