"""A made-up shop as a project folder: its tables, the joren.toml that reads them, and the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from features.contract import CONTRACT
from features.simulation import CURRENCY, ZONE, Shop, World, simulate
from features.tables import Source
from joren.errors import OutputError
from joren.project import FILE_NAME
from joren.template import project_file_text
from joren.workplace import workplace

__all__ = ["TRUTH", "Simulated", "write_simulated_shop"]

TRUTH, FACTS = "truth.parquet", "truth.json"
MADE_BY = {"made_by": "joren simulate"}


@dataclass(frozen=True)
class Simulated:
    """What was written: the rows of each file."""

    folder: Path
    world: World
    rows: dict[str, int]


def write_simulated_shop(folder: Path, world: World) -> Simulated:
    """Write the shop of ``world`` into ``folder``: equal worlds give equal files, byte for byte.

    Raises ``OutputError`` where the folder holds anything but an earlier made-up shop, which is replaced.
    """
    _refuse_what_is_not_made_up(folder)
    with workplace(folder) as stage:
        shop = simulate(world)
        files = {f"{name}.parquet": table for name, table in shop.tables.items()} | {TRUTH: shop.truth}
        for name, table in files.items():
            pq.write_table(table, stage.new / name, compression="zstd")
        facts = json.dumps({**MADE_BY, **shop.facts}, indent=2)
        (stage.new / FACTS).write_text(f"{facts}\n", encoding="utf-8")
        (stage.new / FILE_NAME).write_text(_project_file(shop, world), encoding="utf-8")
        stage.commit(*files, FACTS, FILE_NAME)
    return Simulated(folder, world, {name: table.num_rows for name, table in files.items()})


def _refuse_what_is_not_made_up(folder: Path) -> None:
    """Raise ``OutputError`` where ``folder`` is there, is not empty, and is no made-up shop."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())) or _is_made_up(folder / FACTS):
        return
    raise OutputError(
        f"{folder} is there, and holds something else than a made-up shop.",
        mend="Name a folder that is new or empty.",
    )


def _is_made_up(facts: Path) -> bool:
    try:
        told = json.loads(facts.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and MADE_BY.items() <= told.items()


def _project_file(shop: Shop, world: World) -> str:
    sources = {
        name: Source(
            f"{name}.parquet",
            {
                column.name: column.name
                for column in CONTRACT[name].columns
                if column.name in table.column_names
            },
        )
        for name, table in shop.tables.items()
    }
    return project_file_text(sources, as_of=world.as_of, currency=CURRENCY, zone=ZONE)
