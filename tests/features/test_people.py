"""The families beside the purchases: against an independent oracle, and at any moment only what was known."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from features.catalogue import CATALOGUE
from features.reference import references_at
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


def test_every_feature_equals_the_oracle(tables: Tables) -> None:
    references = references_at(tables, MOMENTS)
    panel = behaviour_panel(tables, references).to_pandas()
    assert [name for name in NAMES if panel[name].nunique() < 2] == []
    for reference in references:
        table = panel[panel.as_of == pd.Timestamp(reference.as_of)].reset_index(drop=True)
        expected = recomputed_people(tables, reference.as_of)
        assert sorted(expected.columns) == sorted(["customer_id", *NAMES])
        assert table.customer_id.tolist() == expected.customer_id.tolist()
        pd.testing.assert_frame_equal(
            table[NAMES].astype(float), expected[NAMES].astype(float), rtol=1e-9, atol=1e-9
        )


def test_a_panel_equals_its_moments(tables: Tables) -> None:
    references = references_at(tables, MOMENTS[1:3])
    panel = behaviour_panel(tables, references).to_pyarrow().to_pylist()
    moments = [behaviour_table(tables, it.as_of, it).to_pyarrow().to_pylist() for it in references]
    assert panel == [row for moment in moments for row in moment]
