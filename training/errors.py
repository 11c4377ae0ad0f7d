"""Training's branch of the error tree.

::

    JorenError
    └── TrainingError               1
        ├── NotEnoughDataError      2   the data lacks what the model needs
        ├── ModelInputError         2   a history, a parameter or a horizon that cannot be
        ├── ConvergenceError        2   a fit did not reach an optimum: the data does not tell enough
        ├── BundleError             2   a bundle is damaged, or not one of ours
        ├── NoFontError             2   a picture's language has no font on this machine
        ├── SchemaMismatchError     2   the table is not the one that the model was fitted on
        └── RegistryError           2   MLflow does not hold what was asked for
            ├── GateError           3   the gate does not let a model in
            └── PromotionLockedError 4  another promotion is under way
"""

from __future__ import annotations

from features.errors import JorenError

__all__ = [
    "BundleError",
    "ConvergenceError",
    "GateError",
    "ModelInputError",
    "NoFontError",
    "NotEnoughDataError",
    "PromotionLockedError",
    "RegistryError",
    "SchemaMismatchError",
    "TrainingError",
]


class TrainingError(JorenError):
    """A model cannot be fitted, kept or found."""


class NotEnoughDataError(TrainingError):
    """The data lacks what the model needs; the message says what."""

    exit_code = 2


class ModelInputError(TrainingError):
    """A model was given a history, a parameter or a horizon that cannot be."""

    exit_code = 2


class ConvergenceError(TrainingError):
    """A fit did not reach an optimum: the data does not tell enough, or another's engine stops short."""

    exit_code = 2


class BundleError(TrainingError):
    """A bundle is damaged, or not one of ours."""

    exit_code = 2


class NoFontError(TrainingError):
    """A picture's language has no font on this machine."""

    exit_code = 2


class SchemaMismatchError(TrainingError):
    """The table is not the one that the model was fitted on."""

    exit_code = 2


class RegistryError(TrainingError):
    """MLflow does not hold what was asked for."""

    exit_code = 2


class GateError(RegistryError):
    """The gate does not let a model in; the message says why."""

    exit_code = 3


class PromotionLockedError(RegistryError):
    """Another promotion is under way."""

    exit_code = 4
