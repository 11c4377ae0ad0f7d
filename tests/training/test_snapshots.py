"""Customers drawn where there are more than can be learned from; the limit is lowered to make it happen."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from features.reference import reference_at
from features.sources import tables_from_frame
from features.tables import Tables
from tests.training.conftest import AS_OF, CONFIG, POLICY
from training.backtest import tried_at
from training.bundle import Bundle
from training.draw import Draw
from training.snapshots import RANGED, Snapshots

EARLIER = date(1997, 12, 30)
FEW = replace(CONFIG, max_rows=300, max_moments=4)
DRAWN = 600


@pytest.fixture(scope="module")
def snapshots(tables: Tables) -> Snapshots:
    few = Snapshots.of(tables, AS_OF, FEW)
    few.build([EARLIER, AS_OF])
    return few


def test_as_many_as_can_be_learned_from_are_all_looked_at(tables: Tables) -> None:
    every = Snapshots.of(tables, AS_OF, CONFIG)
    assert every.draw is None
    assert every.part is tables


def test_the_same_customers_stand_at_every_moment(snapshots: Snapshots) -> None:
    earlier, now = (set(snapshots.behaviour(moment)["customer_id"]) for moment in (EARLIER, AS_OF))
    assert snapshots.draw == Draw(DRAWN, 2357)
    assert len(now) == DRAWN
    assert earlier <= now


def test_what_is_known_of_them_and_of_the_population_is_what_it_would_be_without_a_draw(
    tables: Tables, snapshots: Snapshots, behaviour: pd.DataFrame
) -> None:
    drawn = snapshots.behaviour(AS_OF)
    theirs = behaviour[behaviour["customer_id"].isin(drawn["customer_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(drawn, theirs, check_exact=True)
    assert snapshots.reference(AS_OF) == reference_at(tables, AS_OF)
    assert (
        snapshots.largest(AS_OF) == Snapshots(tables).largest(AS_OF) == behaviour[[*RANGED]].max().to_dict()
    )


def test_who_is_drawn_hangs_on_the_ids_and_the_seed_and_on_nothing_that_comes_later(
    purchases: pd.DataFrame, tables: Tables
) -> None:
    def who(source: Tables, as_of: date, seed: int = FEW.seed) -> set[str]:
        part = Snapshots.of(source, as_of, replace(FEW, seed=seed)).part
        return set(part.transactions.customer_id.to_pyarrow().to_pylist())

    first, shuffled = date(1997, 2, 15), purchases.sample(frac=1.0, random_state=1)
    by_then = tables_from_frame(shuffled[shuffled["timestamp"] <= pd.Timestamp(first)])
    assert who(by_then, first) == who(tables, first)
    assert who(tables, AS_OF, seed=1) != who(tables, AS_OF)


def test_a_fit_and_its_trial_say_what_they_rest_on(
    tables: Tables, snapshots: Snapshots, bundle: Bundle
) -> None:
    evaluation, fitted = tried_at(snapshots, EARLIER, FEW, POLICY, known_by=AS_OF)
    assert evaluation.customers == len(snapshots.behaviour(EARLIER))
    assert fitted.metadata.customers == reference_at(tables, EARLIER).customers > evaluation.customers
    assert fitted.metadata.notes[0].startswith("600 of 2,357 customers were drawn")
    assert not any("drawn" in note for note in bundle.metadata.notes)
