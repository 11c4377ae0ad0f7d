"""A bundle alone, read back from its folder, says of rows in hand what the batch says."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tests.training.bundles import AS_OF, VALUE_ONLY_DAYS, a_shop, purchases, saved
from training.bundle import Bundle
from training.errors import BundleError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("bundle") / "made", horizon_days=VALUE_ONLY_DAYS)


def rows_of(rows: pd.DataFrame) -> list[dict[str, str | None]]:
    return [{str(name): str(value) for name, value in row.items()} for row in rows.to_dict("records")]


def test_rows_in_hand_are_scored_as_the_batch_scores_them(folder: Path) -> None:
    bundle = Bundle.verified(folder)
    batch, bought = bundle.score(a_shop(), AS_OF), purchases()
    chosen = batch["customer_id"].iloc[::30].tolist()
    alone = [
        bundle.score_table(bundle.behaviour_of({"transactions": rows_of(rows)}, AS_OF), AS_OF)
        for _, rows in bought[bought["customer_id"].isin(chosen)].groupby("customer_id")
    ]
    ranks = ["churn_percentile", "at_risk_rank"]
    expected = batch[batch["customer_id"].isin(chosen)].drop(columns=ranks)
    told = pd.concat(alone).drop(columns=ranks)
    assert_frame_equal(told.reset_index(drop=True), expected.reset_index(drop=True), rtol=1e-9, atol=1e-9)


def test_rows_of_tables_that_the_model_does_not_know_are_not_looked_at(folder: Path) -> None:
    bundle = Bundle.load(folder)
    rows = rows_of(purchases().query("customer_id == 'c-003'"))
    survey = [{"customer_id": "c-003", "kind": "stars"}]
    told = bundle.behaviour_of({"transactions": rows, "surveys": survey}, AS_OF)
    assert_frame_equal(told, bundle.behaviour_of({"transactions": rows}, AS_OF))
    assert bundle.tables == ("transactions",)
    assert bundle.behaviour_of({}, AS_OF).empty


def test_a_bundle_that_scores_otherwise_is_not_verified(folder: Path) -> None:
    golden = folder / "golden.json"
    whole = golden.read_text(encoding="utf-8")
    kept = json.loads(whole)
    kept["scores"][0]["churn_probability"] += 1e-6
    golden.write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(BundleError, match="otherwise"):
        Bundle.verified(folder)
    golden.unlink()
    with pytest.raises(BundleError, match="golden"):
        Bundle.verified(folder)
    golden.write_text(whole, encoding="utf-8")


def test_a_bundle_of_an_older_form_is_told_of_as_one(tmp_path: Path) -> None:
    folder = saved(tmp_path / "older")
    bundle = Bundle.load(folder)
    for name, change in (
        ("metadata.json", {"format": 3}),
        ("metadata.json", {"training": {"horizon_days": 60}}),
        ("policy.json", {"from_the_future": 1}),
    ):
        kept = json.loads(bundle.contents[name]) | change
        older = Bundle.load(folder)
        vars(older)["contents"] = bundle.contents | {name: json.dumps(kept).encode()}
        older.save(folder)
        with pytest.raises(BundleError, match="Train again"):
            Bundle.load(folder)
        bundle.save(folder)
