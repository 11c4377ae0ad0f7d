from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.attributes import customer_attributes
from features.sources import read_tables
from features.tables import DataConfig, Source, Tables

SALES = pd.DataFrame({"customer_id": ["c-7f", "00123"], "timestamp": ["2025-01-02"] * 2, "amount": [1, 2]})
CUSTOMERS = pd.DataFrame(
    [
        ("c-7f", "2025-01-01", "JP", "gold"),
        ("00123", "2025-01-01", "FR", None),
        ("b-00", "2025-03-01", "JP", "none yet"),
    ],
    columns=["customer_id", "signed_up_at", "country", "club"],
)


def tables_of(folder: Path, **frames: pd.DataFrame) -> Tables:
    for name, frame in frames.items():
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
    return read_tables(DataConfig({name: Source(str(folder / f"{name}.parquet")) for name in frames}))


def test_attributes_are_those_that_were_known_and_asked_for(tmp_path: Path) -> None:
    tables = tables_of(tmp_path, transactions=SALES, customers=CUSTOMERS)
    told = customer_attributes(tables, date(2025, 2, 28), ["country", "club", "prefecture", "country"])
    assert told.columns.tolist() == ["customer_id", "country", "club"]
    assert told["customer_id"].tolist() == ["00123", "c-7f"]
    assert told["country"].tolist() == ["FR", "JP"]
    assert told["club"].isna().tolist() == [True, False]
    later = customer_attributes(tables, date(2025, 3, 1), ["club"])
    assert later["club"].iloc[1] == "none yet"


def test_without_a_table_of_customers_nothing_is_known(tmp_path: Path) -> None:
    told = customer_attributes(tables_of(tmp_path, transactions=SALES), date(2025, 2, 28), ["country"])
    assert told.empty
    assert told.columns.tolist() == ["customer_id"]
