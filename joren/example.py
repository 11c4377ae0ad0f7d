"""The example data: CDNOW's purchases, which come with the lifetimes package that Joren depends on.

69,659 purchases, up to June 1998, of the 23,570 customers who first bought at CDNOW, a music shop, in January
to March 1997 (Fader & Hardie, "Forecasting repeat sales at CDNOW: A case study", Interfaces 31, 2001).
"""

from __future__ import annotations

import csv
import importlib.util
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from joren.errors import ConfigError

__all__ = ["CDNOW_AS_OF", "CDNOW_COLUMNS", "CDNOW_HORIZON_DAYS", "cdnow_rows", "write_cdnow"]

CDNOW_AS_OF = date(1998, 3, 31)
CDNOW_HORIZON_DAYS = 91
CDNOW_COLUMNS = ("customer_id", "timestamp", "quantity", "amount")


def write_cdnow(path: Path) -> int:
    """Write CDNOW's purchases to ``path`` as a transactions CSV; return the number of purchases.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_cdnow(Path(folder, "transactions.csv"))
    69659
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CDNOW_COLUMNS)
        rows = list(cdnow_rows())
        writer.writerows(rows)
    return len(rows)


def cdnow_rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield (customer id, ISO date, CDs, US dollars) in the file's order, as text: ids keep their zeros.

    lifetimes itself is not imported: its ``datasets`` module needs ``pkg_resources``, and the package changes
    the warnings of the whole process.
    """
    with (_datasets() / "CDNOW_master.txt").open(encoding="ascii") as file:
        next(file)
        for line in file:
            customer_id, day, discs, dollars = line.split()
            yield customer_id, f"{day[:4]}-{day[4:6]}-{day[6:]}", discs, dollars


def _datasets() -> Path:
    """Return the folder of the data sets that lifetimes ships."""
    spec = importlib.util.find_spec("lifetimes")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigError(
            "The example's data comes with the lifetimes package, which is not installed.",
            mend="pip install lifetimes",
        )
    return Path(spec.submodule_search_locations[0], "datasets")
