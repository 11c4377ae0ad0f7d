"""Where a model came from: the commit of the code, and the packages that it needs to run again."""

from __future__ import annotations

import hashlib
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["git_commit", "lock_hash", "requirements"]

NEEDED = (
    "duckdb",
    "ibis-framework",
    "mlflow",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "xgboost",
    "xgboost-cpu",  # the same package by another name: one of the two is installed
)


def git_commit() -> str | None:
    """Return the commit of the checkout that runs, with "-dirty" where files changed; None outside of one."""
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        said = subprocess.run(  # noqa: S603 - a fixed command
            asked, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return said.stdout.strip()


def lock_hash() -> str:
    """Return the SHA-256 of the lock that the checkout holds; without one, of what is installed here."""
    lock = Path(__file__).parents[1] / "requirements" / "runtime.txt"
    if lock.exists():
        return hashlib.sha256(lock.read_bytes()).hexdigest()
    return hashlib.sha256("\n".join(requirements()).encode()).hexdigest()


def requirements() -> list[str]:
    """Return what a bundle needs beside Joren, in pip's form, at the versions that are installed here."""
    return [f"{name}=={found}" for name in NEEDED if (found := installed(name))]


def installed(package: str) -> str | None:
    """Return the version of an installed package; None where it is not there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
