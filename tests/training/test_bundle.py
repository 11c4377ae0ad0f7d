import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.sources import tables_from_frame
from features.tables import Tables
from tests.training.conftest import AS_OF, CONFIG, POLICY
from training.bundle import SCORE_COLUMNS, Bundle
from training.errors import BundleError, SchemaMismatchError
from training.fit import fit


@pytest.fixture(scope="module")
def scores(bundle: Bundle, tables: Tables) -> pd.DataFrame:
    return bundle.score(tables, AS_OF)


@pytest.fixture
def saved(bundle: Bundle, tmp_path: Path) -> Path:
    bundle.save(tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture(scope="module")
def fitted_again(purchases: pd.DataFrame) -> Bundle:
    """What is fitted on the rows in reverse, with others that came later."""
    later = pd.DataFrame(
        {
            "customer_id": ["c-0001", "someone new"],
            "timestamp": pd.to_datetime(["1998-04-01", "1998-06-29"]),
            "amount": [1e6, -5.0],
        }
    )
    again = pd.concat([later, purchases[::-1]], ignore_index=True)
    return fit(tables_from_frame(again), AS_OF, CONFIG, POLICY)


def test_the_same_data_and_seed_give_the_same_bytes_whatever_comes_later_and_in_whatever_order(
    bundle: Bundle, fitted_again: Bundle
) -> None:
    assert fitted_again.contents == bundle.contents
    assert fitted_again.version == bundle.version


def test_a_bundle_comes_back_from_disk_as_it_was(
    fitted_again: Bundle, tables: Tables, tmp_path: Path
) -> None:
    fitted, kept = fitted_again, tmp_path / "model"
    fitted.save(kept)
    back = Bundle.load(kept)
    assert back.version == fitted.version == json.loads((kept / "manifest.json").read_text())["version"]
    assert back.contents == fitted.contents
    pd.testing.assert_frame_equal(back.score(tables, AS_OF), fitted.score(tables, AS_OF))


@pytest.mark.parametrize("name", ["value.json", "churn.ubj", "manifest.json"])
def test_a_bundle_that_was_changed_is_refused(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    content[len(content) // 2] ^= 1
    (saved / name).write_bytes(content)
    with pytest.raises(BundleError):
        Bundle.load(saved)


def test_a_bundle_that_lost_a_file_or_was_never_one_is_refused(saved: Path, tmp_path: Path) -> None:
    (saved / "churn.ubj").unlink()
    for folder in (saved, tmp_path / "nothing"):
        with pytest.raises(BundleError, match=folder.name):
            Bundle.load(folder)


def test_a_bundle_holds_no_customer_and_no_absolute_path(bundle: Bundle) -> None:
    text = b"".join(content for name, content in bundle.contents.items() if name.endswith(".json"))
    assert b"c-0" not in text
    assert str(Path.cwd()).encode() not in text


def test_one_row_for_each_customer_with_a_purchase(scores: pd.DataFrame, purchases: pd.DataFrame) -> None:
    known = purchases[purchases["timestamp"] <= pd.Timestamp(AS_OF)]["customer_id"].unique()
    assert scores["customer_id"].to_list() == sorted(known)
    assert [*scores.columns] == [name for name in SCORE_COLUMNS if name != "run_id"]


def test_numbers_agree_with_each_other_on_every_row(scores: pd.DataFrame) -> None:
    churn = scores["churn_probability"]
    assert churn.between(0, 1).all()
    assert (scores["predicted_number_of_orders"] >= (1 - churn) * 0.99).all()
    assert (scores["predicted_clv_low"] <= scores["predicted_clv"]).all()
    assert (scores["predicted_clv"] <= scores["predicted_clv_high"]).all()
    assert (scores["predicted_revenue"] >= 0).all()
    assert (scores["p_alive"] >= 1 - churn - 1e-12).all()
    np.testing.assert_allclose(scores["value_at_risk"], churn * scores["value_if_stays"])
    np.testing.assert_allclose(
        scores["value_if_stays"] * scores["p_alive"], POLICY.margin_rate * scores["predicted_revenue"]
    )
    order = scores["expected_date_of_next_order"]
    likely = churn <= 0.5
    within = pd.to_datetime(order) <= pd.Timestamp(AS_OF) + pd.Timedelta(days=CONFIG.horizon_days)
    assert (within == likely).all()
    assert not scores["margin_assumed"].any()


def test_a_customer_scored_alone_equals_the_same_customer_in_the_batch(
    bundle: Bundle, behaviour: pd.DataFrame, scores: pd.DataFrame
) -> None:
    population = ["churn_percentile", "at_risk_rank"]
    for i in (0, 17, 2000):
        alone = bundle.score_table(behaviour.iloc[[i]], AS_OF, data_ends=AS_OF).drop(columns=population)
        batch = scores.iloc[[i]].reset_index(drop=True).drop(columns=population)
        pd.testing.assert_frame_equal(alone, batch, check_dtype=False, rtol=1e-12)


def test_a_table_without_a_feature_is_refused_by_name(bundle: Bundle, behaviour: pd.DataFrame) -> None:
    with pytest.raises(SchemaMismatchError, match="lateness_sd"):
        bundle.score_table(behaviour.drop(columns="lateness_sd"), AS_OF)


def test_data_that_end_long_before_the_moment_leave_nobody_eligible(
    bundle: Bundle, behaviour: pd.DataFrame
) -> None:
    stale = bundle.score_table(behaviour, AS_OF, data_ends=date(1998, 2, 1))
    assert "eligible" not in set(stale["score_status"])
    assert "stale_features" in set(stale["score_status"])
    assert stale["at_risk_rank"].isna().all()


def test_a_customer_far_beyond_all_others_is_said_to_be_out_of_range(
    bundle: Bundle, behaviour: pd.DataFrame
) -> None:
    wholesale = behaviour[behaviour["days_since_last_order"] < 10].head(1).assign(gross_spend=1e9)
    assert bundle.score_table(wholesale, AS_OF)["score_status"].to_list() == ["out_of_range"]
