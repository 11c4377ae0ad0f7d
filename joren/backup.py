"""A project's backup: the score store, and the models behind its runs, in one file that checks itself.

It is a plain tar archive. Its first member, `manifest.json`, names every other with its SHA-256. The
business's own tables, ``joren.toml`` and MLflow's files are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from joren.archive import packed, unpacked
from joren.errors import BackupError
from joren.lock import one_run_at_a_time
from joren.project import Project
from joren.service import open_store
from serving.audit import Who
from serving.carry_over import Memory
from serving.snapshot import Snapshot, put_back, taken
from training.promotion import POINTER, exported, point_at

__all__ = ["Contents", "back_up", "restore"]

FORMAT = 1
STORE, BUNDLES = "store", "bundles"


@dataclass(frozen=True)
class Contents:
    """What a backup holds; ``bundles`` are versions, ``champion`` the one that scores the next run."""

    made_at: str
    store: Snapshot
    champion: str | None
    bundles: list[str]


def back_up(project: Project, file: Path, *, force: bool = False) -> Contents:
    """Write the backup, whole or not at all, while others read, and while a run is published.

    Only its owner may read the file: the hashes of keys and the store's secrets are in it. Raises
    ``BackupError`` where ``file`` is there already, unless ``force``, or cannot be written.
    """
    if file.exists() and not force:
        raise BackupError(f"{file} is there already.", mend="Choose another name, or say --force.")
    try:
        with TemporaryDirectory(prefix=".joren-backup-", dir=file.parent) as scratch:
            folder = Path(scratch)
            with closing(open_store(project)) as store:
                snapshot = taken(store.database, folder)
            bundles = _bundles(project, snapshot)
            contents = Contents(
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                store=snapshot,
                champion=_champion(project),
                bundles=[path.name for path in bundles],
            )
            parts = {f"{STORE}/{path.name}": path for path in sorted(folder.iterdir())}
            for bundle in bundles:
                parts |= {f"{BUNDLES}/{bundle.name}/{path.name}": path for path in sorted(bundle.iterdir())}
            packed(file, {"format": FORMAT, **asdict(contents)}, parts)
    except OSError as error:
        told = (error.strerror or "not possible").lower()
        raise BackupError(
            f"{file} cannot be written: {told}.", mend="Make room, or choose another place."
        ) from error
    return contents


def restore(project: Project, file: Path, who: Who, *, force: bool = False) -> tuple[Contents, int]:
    """Put a backup into the project's place; return what it held, and how many were erased from it again.

    Everything is checked before anything is changed, and readers see the one store or the other. What the
    store that stands has learned since is carried over: who was erased, which keys were revoked, the audit
    log. Raises ``BackupError`` where the file is damaged, or where runs stand here, unless ``force``.
    """
    here = project.folder
    with one_run_at_a_time(here), TemporaryDirectory(prefix=".joren-restore-", dir=here) as scratch:
        folder = Path(scratch)
        contents = _contents(unpacked(file, folder))
        with closing(open_store(project)) as store:
            if store.runs() and not force:
                raise BackupError(
                    f"Runs stand in {project.folder}: a restore would replace them.",
                    mend="Say --force, or restore into another folder.",
                )
            places = [exported(folder / BUNDLES / name, project.bundles) for name in contents.bundles]
            memory, erased = Memory.of(store.database), []
            put_back(
                store.database,
                folder / STORE,
                contents.store,
                lambda connection: erased.append(memory.hand_on(connection, who, contents.made_at)),
            )
        for place in places:
            if place.name == contents.champion:
                point_at(place)
    return contents, erased[0]


def _bundles(project: Project, snapshot: Snapshot) -> list[Path]:
    """Return the bundles of the kept runs, and of the next one; what is lost is left out."""
    wanted = {*snapshot.runs.values(), _champion(project)} - {None}
    return sorted(path for name in wanted if (path := project.bundles / str(name)).is_dir())


def _champion(project: Project) -> str | None:
    pointer = project.bundles / POINTER
    return pointer.resolve().name if pointer.exists() else None


def _contents(manifest: Mapping[str, Any]) -> Contents:
    if manifest.get("format") != FORMAT:
        raise BackupError("The backup was made by another Joren.", mend="Restore it with that one.")
    told = {name: manifest[name] for name in ("made_at", "champion", "bundles")}
    return Contents(**told, store=Snapshot(**manifest["store"]))
