from datetime import date

import numpy as np
import pandas as pd
import pytest

from features.errors import DataError
from features.sources import tables_from_frame
from features.tables import Tables
from training.attributes import OTHERS, Attributes, attribute_text

AS_OF = date(2026, 1, 31)


@pytest.fixture(scope="module")
def tables() -> Tables:
    ids = [f"c-{number:03x}" for number in np.random.default_rng(4).permutation(120)]
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "Plan": ["Gold"] * 60 + ["Free"] * 50 + [None] * 10,
            "city": ["Kyoto"] * 80 + [f"town {number}" for number in range(40)],
            "Age": [str(20 + number % 50) for number in range(120)],
        }
    )
    sales = pd.DataFrame({"customer_id": ids, "timestamp": "2026-01-05", "amount": 3})
    return tables_from_frame(sales, others={"customers": customers}, zone="UTC", currency="JPY")


@pytest.fixture(scope="module")
def attributes(tables: Tables) -> Attributes:
    return Attributes.learn(tables, AS_OF, ("plan", "CITY", "age"))


def test_numbers_stay_and_frequent_words_get_a_column(attributes: Attributes) -> None:
    assert attributes.columns == (
        "customers.Age",
        "customers.Plan = Gold",
        "customers.Plan = Free",
        "customers.city = Kyoto",
        f"customers.city = {OTHERS}",
    )
    assert Attributes.from_dict(attributes.to_dict()) == attributes


def test_what_is_not_said_and_what_was_never_seen_is_missing(attributes: Attributes) -> None:
    later = pd.DataFrame(
        {
            "customer_id": ["n-1", "n-2", "n-3"],
            "Plan": ["Gold", None, "Silver"],
            "city": ["Kyoto", "nowhere", None],
            "Age": ["31", "", "old"],
        }
    )
    sales = pd.DataFrame({"customer_id": ["n-1", "n-2", "n-3"], "timestamp": "2026-01-05", "amount": 3})
    tables = tables_from_frame(sales, others={"customers": later}, zone="UTC", currency="JPY")
    behaviour = pd.DataFrame({"customer_id": ["n-3", "n-1", "n-2", "unknown"]})
    coded = attributes.beside(behaviour, tables, AS_OF).set_index("customer_id")
    nan = np.nan
    assert coded.loc["n-1"].tolist() == [31, 1, 0, 1, 0]
    np.testing.assert_array_equal(coded.loc["n-2"], [nan, nan, nan, 0, 1])
    np.testing.assert_array_equal(coded.loc["n-3"], [nan, nan, nan, nan, nan])
    assert coded.loc["unknown"].isna().all()


def test_an_attribute_that_is_not_there_is_named(tables: Tables) -> None:
    with pytest.raises(DataError, match="no such attribute") as told:
        Attributes.learn(tables, AS_OF, ("Shoe size",))
    assert told.value.which == ("Shoe size",)
    assert "Plan" in told.value.mend


@pytest.mark.parametrize(
    ("row", "english", "japanese"),
    [
        ({"customers.Plan = Gold": 0.0, f"customers.Plan = {OTHERS}": 1.0}, "Plan: another", "Plan：その他"),
        ({"customers.Plan = Gold": np.nan}, "Plan: not known", "Plan：不明"),
        ({"customers.Plan": 12.5}, "Plan: 12.5", "Plan：12.5"),
    ],
)
def test_attributes_in_words(row: dict[str, object], english: str, japanese: str) -> None:
    assert attribute_text("Plan", row, "en") == english
    assert attribute_text("Plan", row, "ja") == japanese
