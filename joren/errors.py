"""The command line's branch of the error tree.

::

    JorenError
    └── ProjectError            2   what a run was asked to do cannot be done as asked
        ├── ConfigError         2   joren.toml, or an option, says something that cannot be used
        ├── OutputError         2   the folder of the results cannot be written
        ├── BackupError         2   a backup cannot be written, or is none that can be restored
        ├── NoRunError          2   no scores were published yet, or none by that name
        ├── AlertError          3   something moved beyond its limit
        └── RunLockedError      4   another run is at work in the same folder
"""

from __future__ import annotations

from features.errors import JorenError

__all__ = [
    "AlertError",
    "BackupError",
    "ConfigError",
    "NoRunError",
    "OutputError",
    "ProjectError",
    "RunLockedError",
]


class ProjectError(JorenError):
    """What a run was asked to do cannot be done as asked."""

    exit_code = 2


class ConfigError(ProjectError):
    """``joren.toml``, or an option of the command line, says something that cannot be used."""


class OutputError(ProjectError):
    """The folder of the results cannot be written, or holds what is not ours to replace."""


class BackupError(ProjectError):
    """A backup cannot be written, or the file is none that can be restored here."""


class NoRunError(ProjectError):
    """No scores were published yet, or none by the name that was asked for."""


class AlertError(ProjectError):
    """The monitoring found something beyond its limit; the message says what moved."""

    exit_code = 3


class RunLockedError(ProjectError):
    """Another run is at work in the same folder."""

    exit_code = 4
