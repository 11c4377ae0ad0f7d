from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from serving.pages.chart import chart_of
from serving.pages.formats import Formats
from serving.service import Language

EN, JA = Formats(Language.ENGLISH), Formats(Language.JAPANESE)


@pytest.mark.parametrize(
    ("value", "currency", "english", "japanese"),
    [
        (1234.56, "USD", "$1,235", "$1,235"),
        (9.5, "USD", "$9.50", "$9.50"),
        (1234.56, "JPY", "¥1,235", "1,235円"),
        (0.4, "JPY", "¥0", "0円"),
        (-0.4, "JPY", "¥0", "0円"),
        (-12.0, "GBP", "-£12", "-£12"),
        (0.0, "EUR", "€0", "€0"),
        (50.0, "CHF", "CHF 50", "CHF 50"),
        (50.0, "XXX", "50", "50"),
        (None, "USD", "–", "–"),
    ],
)
def test_money_is_written_as_its_readers_write_it(
    value: float | None, currency: str, english: str, japanese: str
) -> None:
    assert (EN.money(value, currency), JA.money(value, currency)) == (english, japanese)


def test_a_chance_is_never_rounded_to_certainty() -> None:
    said = [EN.percent(share) for share in (0.0, 0.009, 0.01, 0.714, 0.99, 0.991, 1.0, None)]
    assert said == ["0%", "<1%", "1%", "71%", "99%", ">99%", "100%", "–"]


def test_days_and_moments_are_local() -> None:
    moment = datetime(2026, 3, 31, 16, 5, tzinfo=UTC)
    assert EN.date(date(2026, 3, 1)) == "1 Mar 2026"
    assert JA.date(date(2026, 3, 1)) == "2026年3月1日"
    assert EN.moment(moment, ZoneInfo("Asia/Tokyo")) == "1 Apr 2026 01:05 JST"
    assert JA.moment(moment, ZoneInfo("UTC")) == "2026年3月31日 16:05 UTC"


def test_what_stands_beside_an_amount() -> None:
    assert [EN.currency(code) for code in ("JPY", "USD", "CHF", "XXX")] == ["¥", "$", "CHF", ""]
    assert JA.currency("JPY") == "円"


def test_a_line_needs_two_days_and_runs_with_time() -> None:
    chart = chart_of([(date(2026, 4, 10), 0.25), (date(2026, 4, 1), 0.0), (date(2026, 4, 1), 1.0)])
    assert chart is not None
    assert [(point.x, point.y) for point in chart.points] == [(0.0, 0.0), (100.0, 30.0)]
    assert chart_of([(date(2026, 4, 1), 0.5), (date(2026, 4, 1), 0.5)]) is None
    assert chart_of([]) is None
