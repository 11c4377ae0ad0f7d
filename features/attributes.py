"""What the customers' own table says of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from features.tables import Tables

__all__ = ["customer_attributes"]


def customer_attributes(tables: Tables, as_of: date, names: Sequence[str]) -> pd.DataFrame:
    """Return customer_id and those columns of ``names`` that the customers' table has, as text, by id.

    It is what was known at the end of ``as_of``, null where nothing was. Without such a table there are no
    rows.
    """
    known = tables.known("customers", as_of)
    if known is None:
        return pd.DataFrame({"customer_id": []}, dtype=object)
    report = tables.reports["customers"]
    there = [name for name in dict.fromkeys(names) if name in {*report.columns, *report.attributes}]
    texts = {name: known[name].cast("string") for name in there}
    told: pd.DataFrame = known.select("customer_id", **texts).order_by("customer_id").to_pandas()
    return told
