"""The families beside the purchases: against an independent oracle, and at any moment only what was known."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.reference import reference_at, references_at
from features.table import behaviour_panel, behaviour_table
from features.tables import Tables
from tests.features.people import made_up_people
from tests.features.people_oracle import QUERIES, recomputed_people
from tests.features.shop import made_up_shop, tables_of

MOMENTS = (date(2023, 12, 31), date(2024, 2, 29), date(2024, 12, 31), date(2025, 3, 10))
NAMES = [feature.name for feature in CATALOGUE if feature.family in QUERIES]


@pytest.fixture(scope="module")
def tables() -> Tables:
    shop = made_up_shop(seed=7)
    return tables_of(shop, others=made_up_people(7, sorted(shop.customer_id.unique())))


@pytest.fixture(scope="module")
def panel(tables: Tables) -> pd.DataFrame:
    return behaviour_panel(tables, references_at(tables, MOMENTS)).to_pandas()


def test_every_feature_equals_the_oracle(tables: Tables, panel: pd.DataFrame) -> None:
    assert [name for name in NAMES if panel[name].nunique() < 2] == []
    for as_of in MOMENTS:
        table = panel[panel.as_of == as_of].reset_index(drop=True)
        expected = recomputed_people(tables, as_of)
        assert sorted(expected.columns) == sorted(["customer_id", *NAMES])
        assert table.customer_id.tolist() == expected.customer_id.tolist()
        pd.testing.assert_frame_equal(
            table[NAMES].astype(float), expected[NAMES].astype(float), rtol=1e-9, atol=1e-9
        )


def test_a_panel_equals_its_moments(tables: Tables, panel: pd.DataFrame) -> None:
    as_of = MOMENTS[1]
    table = behaviour_table(tables, as_of, reference_at(tables, as_of)).to_pyarrow().to_pandas()
    same = panel[panel.as_of == as_of].reset_index(drop=True)
    pd.testing.assert_frame_equal(same, table, check_exact=True, check_dtype=False)
