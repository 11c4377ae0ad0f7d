"""The files of a bundle: JSON that is the same for the same content, hashes of each, and a version of all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from training.errors import BundleError

__all__ = ["MANIFEST", "as_json", "hashes_of", "unchanged_files", "version_of"]

MANIFEST = "manifest.json"


def as_json(value: object) -> bytes:
    """Return a value as JSON with sorted keys, NumPy's numbers among it."""
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, default=_plain) + "\n").encode()


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file, by name."""
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}


def version_of(hashes: Mapping[str, str]) -> str:
    """Return the twelve hexadecimal digits that name files of these hashes."""
    return hashlib.sha256(as_json(hashes)).hexdigest()[:12]


def unchanged_files(folder: Path) -> dict[str, bytes]:
    """Return the files of a bundle, by name; ``BundleError`` where one is missing, or not as it was."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files = {name: (folder / name).read_bytes() for name in manifest["files"]}
        version = manifest["version"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise BundleError(
            f"{folder.name} is no bundle that Joren can read.", mend="Train again: joren train"
        ) from fault
    hashes = hashes_of(files)
    changed = [name for name, kept in manifest["files"].items() if hashes[name] != kept]
    if changed or version_of(hashes) != version:
        raise BundleError(
            "The bundle was changed after it was made.", which=changed, mend="Train again: joren train"
        )
    return files


def _plain(value: object) -> object:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not belong in a bundle")
