import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from training.against_training import Year, category_drift, feature_drift
from training.bundle import Bundle
from training.decomposition import Decomposition
from training.document import to_html, to_markdown
from training.drift import Movement, Verdict
from training.limits import Limits
from training.maturity import LOOKS_BACK
from training.monitor import Cause, MonitorReport, ScoreMovement
from training.monitor_words import alert_text, report_blocks
from training.profile import PROBABILITY
from training.realised import Realised

LIMITS = Limits()
NOW = date(1998, 6, 29)
STRETCHES = [NOW - timedelta(days=90 * back) for back in range(4)]


def counts(*rows: tuple[str | None, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["category", "stretch", "customers"])
    return frame.assign(column="transactions.channel")


def shop(web: int, store: int, stretches: range = range(4)) -> list[tuple[str | None, int, int]]:
    return [row for k in stretches for row in (("web", k, web), ("store", k, store))]


def test_a_new_channel_is_named_and_a_rare_one_is_not() -> None:
    rows = counts(*shop(600, 300), ("popup", 0, 60), ("stall", 0, 4))
    moved, new = category_drift(rows, STRETCHES, has_year_before=False, limits=LIMITS)
    assert [(one.column, one.category, one.customers) for one in new] == [
        ("transactions.channel", "popup", 60)
    ]
    assert new[0].share == pytest.approx(60 / 964)
    assert [one.verdict for one in moved] == [Verdict.STEADY]


def test_shares_that_moved_and_blanks_are_told_and_last_year_s_are_seasonal() -> None:
    before = shop(600, 300, range(1, 4))
    turned = counts(("web", 0, 150), ("store", 0, 750), *before)
    moved, _ = category_drift(turned, STRETCHES, has_year_before=False, limits=LIMITS)
    assert moved[0].verdict is Verdict.MOVED
    last_year = counts(
        ("web", 0, 150), ("store", 0, 750), ("web", 1, 140), ("store", 1, 700), *shop(600, 300, range(2, 4))
    )
    moved, _ = category_drift(last_year, STRETCHES, has_year_before=True, limits=LIMITS)
    assert moved[0].verdict is Verdict.SEASONAL
    blank = counts(("web", 0, 200), ("store", 0, 100), (None, 0, 600), *before)
    moved, new = category_drift(blank, STRETCHES, has_year_before=False, limits=LIMITS)
    assert moved[0].verdict is Verdict.MISSING
    assert new == ()


def test_free_text_and_what_training_never_had_are_no_categories() -> None:
    text = counts(*[(f"word {number}", k, 30) for number in range(60) for k in range(4)])
    assert category_drift(text, STRETCHES, has_year_before=False, limits=LIMITS) == ((), ())
    young = counts(*shop(600, 300, range(1)))
    assert category_drift(young, STRETCHES, has_year_before=False, limits=LIMITS) == ((), ())


@pytest.fixture(scope="module")
def scored(bundle: Bundle, behaviour: pd.DataFrame) -> pd.DataFrame:
    said = bundle.probability(behaviour)
    assert said is not None
    return behaviour.assign(**{PROBABILITY: said})


def drift(bundle: Bundle, table: pd.DataFrame) -> tuple[tuple[Movement, ...], Movement | None]:
    told = bundle.metadata
    return feature_drift(
        bundle.profile, table, None, as_of=told.as_of, first_day=told.first_day, limits=LIMITS
    )


def report(bundle: Bundle, scored: pd.DataFrame, **changed: object) -> MonitorReport:
    features, scores = drift(bundle, scored)
    moved, new = category_drift(
        counts(*shop(600, 300), ("<b>pop|up</b>", 0, 60)), STRETCHES, has_year_before=False, limits=LIMITS
    )
    whole = MonitorReport(
        run_id="20260401T020000Z-1a2b3c",
        as_of=bundle.metadata.as_of,
        model_version=bundle.version,
        trained_as_of=bundle.metadata.as_of,
        reference=bundle.profile.moments[-1],
        customers=len(scored),
        limits=LIMITS,
        features=features,
        scores=scores,
        categories=moved,
        new_categories=new,
        realised=(
            Realised("r-1", date(1998, 1, 1), 91, "0a1b", 900, 0.4, 0.6, 0.55, 0.8, 0.7, 0.9, 0.5, 0.3, 0.12),
        ),
        due={"r-2": date(1998, 9, 28)},
        movement=ScoreMovement(
            "r-1",
            date(1998, 1, 1),
            "r-2",
            NOW,
            Decomposition(0.5, 0.61, 0.06, 0.02, 0.01, 0.02, 800, 90, 0, 0.4),
            {"days_since_last_order": 0.31, "orders": -0.02},
            {"orders": 0.4},
        ),
        year_before=None,
    )
    return replace(whole, **changed)  # type: ignore[arg-type]


def test_a_shop_that_goes_on_as_it_did_is_steady(bundle: Bundle, scored: pd.DataFrame) -> None:
    features, scores = drift(bundle, scored)
    young = {one.name for one in features if one.verdict is Verdict.UNJUDGED}
    assert {one.verdict for one in features} == {Verdict.STEADY, Verdict.UNJUDGED}
    assert min(LOOKS_BACK[name] for name in young) > 363  # the days from the first to the newest moment
    assert scores is not None
    assert scores.verdict is Verdict.STEADY


def test_what_was_planted_is_named_first(bundle: Bundle, scored: pd.DataFrame) -> None:
    money = scored.assign(mean_order_value=100 * scored["mean_order_value"], last_gap_days=np.nan)
    features, _ = drift(bundle, money)
    verdicts = {one.name: one.verdict for one in features if one.verdict in (Verdict.MOVED, Verdict.MISSING)}
    assert verdicts == {"mean_order_value": Verdict.MOVED, "last_gap_days": Verdict.MISSING}


def test_a_column_that_broke_in_all_of_the_past_is_not_taken_for_a_season(
    bundle: Bundle, scored: pd.DataFrame
) -> None:
    told = bundle.metadata
    as_it_was = bundle.profile.features["gross_spend"]
    dear = scored.assign(gross_spend=100 * scored["gross_spend"])
    values = np.repeat([*as_it_was.edges, as_it_was.edges[-1] + 1], as_it_was.moments[-1].known)
    reference = scored.assign(gross_spend=np.resize(values, len(scored)))
    verdicts = []
    for today in (reference, dear):
        features, _ = feature_drift(
            bundle.profile,
            dear,
            Year(before=dear, reference=today),
            as_of=told.as_of,
            first_day=told.first_day,
            limits=LIMITS,
        )
        verdicts += [one.verdict for one in features if one.name == "gross_spend"]
    assert verdicts == [Verdict.SEASONAL, Verdict.MOVED]


def test_every_alert_is_told_in_both_languages_and_as_json(bundle: Bundle, scored: pd.DataFrame) -> None:
    found = report(bundle, scored.assign(last_gap_days=np.nan, orders=400.0))
    assert {alert.cause for alert in found.alerts} == set(Cause) - {Cause.CATEGORY, Cause.SCORES}
    for language in ("en", "ja"):
        texts = [alert_text(alert, language) for alert in found.alerts]
        assert len(set(texts)) == len(texts)
        blocks = report_blocks(found, language)
        page, text = to_html(blocks, language), to_markdown(blocks)
        assert "<b>pop" not in page
        assert "pop|up" not in text
        assert "+6.00" in text
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["movement"]["parts"]["total"] == pytest.approx(0.11)
    assert {alert["cause"] for alert in told["alerts"]} == {alert.cause.value for alert in found.alerts}
    assert not {*scored["customer_id"]} & set(json.dumps(told).split('"'))


def test_nothing_moved_is_said_too(bundle: Bundle, scored: pd.DataFrame) -> None:
    quiet = report(bundle, scored, new_categories=(), realised=(), movement=None, due={})
    assert quiet.alerts == ()
    assert "Nothing moved beyond its limit" in to_markdown(report_blocks(quiet, "en"))
