"""The model in use in a project's folder."""

from __future__ import annotations

from joren.project import Project
from training.bundle import Bundle
from training.errors import BundleError
from training.promotion import POINTER

__all__ = ["champion_of"]


def champion_of(project: Project) -> Bundle:
    """Read the bundle that scores in ``project``. Raises ``BundleError`` where none is, or it is damaged."""
    path = project.bundles / POINTER
    if not path.exists():
        raise BundleError(f"No model stands in {project.folder}.", mend="Make one: joren train")
    return Bundle.load(path)
