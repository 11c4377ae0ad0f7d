"""Files in one tar archive that says of each what it must be, and is read only if all of them are."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from joren.errors import BackupError

__all__ = ["packed", "unpacked"]

MANIFEST = "manifest.json"
LARGEST_MANIFEST = 2**24
PIECE_BYTES = 2**20


def packed(file: Path, manifest: Mapping[str, Any], parts: Mapping[str, Path]) -> None:
    """Write the parts by their names, the manifest before them; only the owner may read the file.

    ``file`` is replaced when all is written and on the disk, not before. Raises ``OSError``.
    """
    told = {**manifest, "files": {name: _sha256(path) for name, path in parts.items()}}
    content = json.dumps(told, indent=1).encode()
    draft = file.with_name(f".{file.name}.partial")
    try:
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as handle:
            with tarfile.open(fileobj=handle, mode="w") as archive:
                head = tarfile.TarInfo(MANIFEST)
                head.size = len(content)
                archive.addfile(head, io.BytesIO(content))
                for name, path in parts.items():
                    archive.add(path, name, recursive=False)
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def unpacked(file: Path, folder: Path) -> dict[str, Any]:
    """Write the parts into ``folder`` and return the manifest; raises ``BackupError`` for any fault.

    A part that the manifest does not name, or names otherwise, is a fault, and so is one that is missing.
    """
    try:
        with tarfile.open(file, mode="r:") as archive:
            head = archive.next()
            if head is None or head.name != MANIFEST or head.size > LARGEST_MANIFEST:
                raise BackupError(f"{file} is no backup of Joren's.")
            content = archive.extractfile(head)
            manifest: dict[str, Any] = json.load(content) if content else {}
            missing = dict(manifest["files"])
            for member in archive:
                if member.name == MANIFEST:
                    continue
                _take_out(archive, member, folder, missing.pop(member.name, None))
    except (tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupError(f"{file} is no backup of Joren's, or damaged.", mend="Take another.") from error
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {(error.strerror or '').lower()}.") from error
    if missing:
        raise BackupError(f"{file} is damaged: it lacks parts.", which=missing, mend="Take another.")
    return manifest


def _take_out(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, sha256: str | None) -> None:
    place = folder / member.name
    content = archive.extractfile(member) if member.isreg() else None
    if sha256 is None or content is None or not place.resolve().is_relative_to(folder.resolve()):
        raise BackupError("The backup holds what its manifest does not name.", mend="Take another.")
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("wb") as handle:
        while piece := content.read(PIECE_BYTES):
            handle.write(piece)
    if _sha256(place) != sha256:
        raise BackupError("The backup is damaged.", which=[member.name], mend="Take another.")


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
