"""A project's tables and the moment that is asked about."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Protocol

from features.sources import read_tables
from features.tables import Tables
from joren.project import Project, moment_asked

__all__ = ["Steps", "tables_and_moment"]


class Steps(Protocol):
    """Whoever is told which step a command is at."""

    def step(self, title: str) -> AbstractContextManager[None]:
        """Return a context that lasts as long as the step."""


def tables_and_moment(project: Project, steps: Steps, as_of: date | None) -> tuple[Tables, date]:
    """Read the project's data; the moment is ``as_of``, else the project's own, else the data's last day."""
    with steps.step(f"Reading {project.source_name}"):
        tables = read_tables(project.data)
        return tables, moment_asked(replace(project, as_of=as_of or project.as_of), tables)
