"""How time and memory of the features grow with the transactions, out of core: sizes tenfold from 10^6.

    python -m benchmarks.features_curve --most 100000000

Each size runs in a process of its own, on Parquet files that are made first (on the disk, removed at the
end) and under a memory limit of DuckDB's; what does not fit is spilled. A customer has about 42 lines. Timed
is everything from the files to the behaviour table at one moment, written to Parquet. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import ibis
from ibis.backends.duckdb import Backend

from benchmarks.shop import LAST_DAY, LINES_PER_ORDER, made_up, tables_on
from features.reference import reference_at
from features.table import behaviour_table

SMALLEST = 1_000_000
LINES_PER_CUSTOMER = 42
FILE_LINES = 5_000_000


def opened(folder: Path, memory: str) -> Backend:
    """Return a database that keeps at most ``memory`` and spills into ``folder``."""
    connection = ibis.duckdb.connect(folder / "shop.duckdb", temp_directory=str(folder / "spill"))
    connection.con.execute(f"SET enable_progress_bar = false; SET memory_limit = '{memory}'")
    connection.con.execute("SET preserve_insertion_order = false")
    return connection


def written(connection: Backend, folder: Path, lines: int) -> None:
    """Make the shop as Parquet files of `FILE_LINES`: orders of other numbers in each."""
    for first in range(0, lines, FILE_LINES):
        made, shop = made_up(
            min(FILE_LINES, lines - first), lines // LINES_PER_CUSTOMER, first // LINES_PER_ORDER
        )
        numbered = f"WITH lines AS ({made}) {shop}"
        rows = f"SELECT * REPLACE (source_row + {first * 2} AS source_row) FROM ({numbered})"
        connection.con.execute(f"COPY ({rows}) TO '{folder}/lines-{first}.parquet' (FORMAT parquet)")


def measured(lines: int, memory: str) -> dict[str, float]:
    """Build the features of ``lines`` transactions in this process; return what it took."""
    with tempfile.TemporaryDirectory(prefix="joren-curve-") as place:
        folder = Path(place)
        connection = opened(folder, memory)
        written(connection, folder, lines)
        connection.con.execute(f"CREATE VIEW transactions AS FROM '{folder}/lines-*.parquet'")
        tables = tables_on(connection, "transactions")
        begun = perf_counter()
        table = behaviour_table(tables, LAST_DAY, reference_at(tables, LAST_DAY))
        table.to_parquet(folder / "behaviour.parquet")
        took = perf_counter() - begun
        customers = connection.read_parquet(folder / "behaviour.parquet").count().to_pyarrow().as_py()
        connection.disconnect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return {
        "transactions": lines,
        "customers": customers,
        "joren_s": round(took, 1),
        "peak_gib": round(peak, 2),
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure each size in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=100 * SMALLEST)
    parser.add_argument("--memory", default="8GB", help="DuckDB's limit; the process takes more")
    parser.add_argument("--only", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.only:
        print(json.dumps(measured(asked.only, asked.memory)))
        return 0
    curve, lines = [], SMALLEST
    while lines <= asked.most:
        command = [sys.executable, "-m", "benchmarks.features_curve", "--only", str(lines)]
        done = subprocess.run(  # noqa: S603 - this very program
            [*command, "--memory", asked.memory], check=True, capture_output=True, text=True
        )
        curve.append(json.loads(done.stdout.splitlines()[-1]))
        print(curve[-1], flush=True)
        lines *= 10
    print(json.dumps(curve))
    return 0


if __name__ == "__main__":
    sys.exit(main())
