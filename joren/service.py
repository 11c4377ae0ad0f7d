"""The service's settings and store, as a project has them."""

from __future__ import annotations

from joren.project import Project
from serving.settings import Settings
from serving.store import Store

__all__ = ["open_store", "service_settings"]


def service_settings(project: Project) -> Settings:
    """Return the settings: the environment's, over ``joren.toml``'s, over the project folder's own places."""
    folder = project.folder.resolve()
    store = f"sqlite:///{folder / 'scores.db'}"
    places = {"project": folder, "store_url": store, "bundles": folder / "bundles"}
    return Settings.model_validate({**places, **project.serving})


def open_store(project: Project) -> Store:
    """Open the project's store, made where there is none; whoever opens it closes it."""
    return Store.open(service_settings(project).store_url)
