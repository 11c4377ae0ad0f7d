from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.catalogue import CATALOGUE
from features.effects import cliffs_delta
from features.errors import NothingUsableError
from features.reference import reference_at
from features.sources import read_tables, tables_from_frame
from features.table import behaviour_table
from features.tables import DataConfig, Source, Tables
from features.trait_words import meaning_of, strongest, traits_json, typical_texts
from features.traits import Trait, Traits, traits_of

AS_OF = date(2025, 6, 30)
WINDOW_FROM = date(2025, 4, 1)
CUSTOMERS = 300


def written(folder: Path, table: pd.DataFrame, name: str) -> Source:
    path = folder / f"{name}.parquet"
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), path)
    return Source(str(path))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Members of the club buy thrice as much in the window; those from the market stay away from it."""
    draw = np.random.default_rng(3)
    ids = np.array([f"c-{number:03x}" for number in draw.permutation(CUSTOMERS)])
    club, market = draw.random(CUSTOMERS) < 0.2, draw.random(CUSTOMERS) < 0.4
    customers = pd.DataFrame(
        {
            "customer_id": ids,
            "acquisition_channel": np.where(market, "market", "friends"),
            "club": np.where(club, "yes", None),
            "age": draw.integers(18, 80, CUSTOMERS).astype(str),
        }
    ).sample(frac=1, random_state=1)
    stays = draw.random(CUSTOMERS) < np.where(market, 0.35, 0.8)
    rows = [
        (who, day, amount * (3 if inside and member else 1))
        for who, member, stay in zip(ids, club, stays, strict=True)
        for inside in (False, True)
        if stay or not inside
        for day in (
            pd.Timestamp("2025-04-01" if inside else "2024-10-01")
            + pd.to_timedelta(draw.integers(0, 91, 4), "D")
        )
        for amount in [round(float(draw.gamma(2, 20)), 2)]
    ]
    folder = tmp_path_factory.mktemp("club")
    transactions = pd.DataFrame(rows, columns=["customer_id", "timestamp", "amount"])
    sources = {
        "transactions": written(folder, transactions, "transactions"),
        "customers": written(folder, customers, "customers"),
    }
    return read_tables(DataConfig(sources))


@pytest.fixture(scope="module")
def found(tables: Tables) -> Traits:
    return traits_of(tables, AS_OF, (AS_OF - WINDOW_FROM).days + 1)


def named(traits: tuple[Trait, ...], name: str, category: str | None = None) -> Trait:
    (trait,) = (one for one in traits if (one.name, one.category) == (name, category))
    return trait


def test_the_groups_are_those_of_the_newest_window(found: Traits) -> None:
    assert found.window.outcome_end == AS_OF
    assert (found.best.customers, found.value) == (CUSTOMERS // 10, "revenue")
    assert found.left.customers + found.left.rest == CUSTOMERS


def test_what_was_planted_leads_and_what_was_not_is_not_sure(found: Traits) -> None:
    left = named(found.left.traits, "acquisition_channel", "market")
    categories = [trait.category for trait in found.left.traits if trait.category]
    assert set(categories[:2]) == {"market", "friends"}
    assert left.effect.value == pytest.approx(left.typical - left.typical_rest)
    assert left.effect.least > 0.2
    assert named(found.left.traits, "age").effect.least == 0
    assert named(found.left.traits, "age").category is None


def test_a_number_is_cliffs_delta_of_the_features_before_the_window(tables: Tables, found: Traits) -> None:
    before = found.window.as_of
    table = behaviour_table(tables, before, reference_at(tables, before)).to_pandas().set_index("customer_id")
    since = tables.transactions.filter(tables.transactions.day > before).to_pandas()["customer_id"]
    left = ~table.index.isin(since)
    spend = table["gross_spend"].to_numpy(dtype=float)
    trait = named(found.left.traits, "gross_spend")
    assert trait.effect == cliffs_delta(spend[left], spend[~left])
    assert trait.typical == np.median(spend[left])


def test_only_customers_of_the_activity_window_are_compared(tables: Tables) -> None:
    with pytest.raises(NothingUsableError, match="Too few"):
        traits_of(tables, AS_OF, 91, activity_days=1)


def test_rows_after_the_moment_change_nothing(tables: Tables, found: Traits) -> None:
    rows = tables.transactions.select("customer_id", "timestamp", "amount").to_pandas()
    later = pd.DataFrame(
        {"customer_id": rows["customer_id"].unique()[:50], "timestamp": pd.Timestamp("2025-07-02")}
    )
    both = pd.concat([rows.astype({"amount": float}), later.assign(amount=9e5)])
    again = traits_of(tables_from_frame(both), AS_OF, found.window.horizon_days)
    from_purchases = {feature.name for feature in CATALOGUE if feature.needs == ("transactions",)}
    before, after = (
        [trait for trait in group.traits if trait.name in from_purchases]
        for group in (found.left, again.left)
    )
    assert after == before
    assert len(after) > 30


def test_traits_in_words(found: Traits) -> None:
    spend, market = (
        named(found.left.traits, "gross_spend"),
        named(found.left.traits, "acquisition_channel", "market"),
    )
    assert "購入" in meaning_of(spend, "ja")
    assert typical_texts(spend, "en", "EUR")[0].startswith("€")
    assert meaning_of(market, "ja") == "acquisition_channel = market"
    assert typical_texts(market, "en", "EUR")[0].endswith("%")
    assert typical_texts(named(found.left.traits, "age"), "en", "EUR")[0].isdigit()
    assert len(strongest(found.left, 3)) <= 3
    told = traits_json(found, "ja", "EUR")
    assert told["best"]["least_value"] == found.least_value
    assert [trait["name"] for trait in told["left"]["traits"]] == [trait.name for trait in found.left.traits]
