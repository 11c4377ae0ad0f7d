"""The service's settings, as a project has them."""

from __future__ import annotations

from joren.project import Project
from serving.settings import Settings

__all__ = ["service_settings"]


def service_settings(project: Project) -> Settings:
    """Return the settings: the environment's, over ``joren.toml``'s, over the project folder's own places."""
    folder = project.folder.resolve()
    places = {"store_url": f"sqlite:///{folder / 'scores.db'}", "bundles": folder / "bundles"}
    return Settings.model_validate({**places, **project.serving})
