"""Pictures of a lifetime-value model: all drawn, each saying of whom, and none of a single customer."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from matplotlib.figure import Figure

from features.tables import Tables
from training.clv_holdout import Holdout
from training.clv_plots import figures, figures_of
from training.models.paretonbd import ParetoNBD

TRACKING = ["tracking_cumulative", "tracking_weekly", "purchases_by_frequency"]
SHAPES = ["expected_purchases", "probability_alive", "purchase_rates", "dropout"]
VALUE = ["spend", "value_by_tenth"]
MOST_MARKS = 60  # points, bars and lines that are no axis of time


@pytest.fixture(scope="module")
def drawn(holdout: Holdout) -> dict[str, Figure]:
    return figures_of(holdout)


def test_every_picture_is_drawn_and_fits_its_page(drawn: dict[str, Figure]) -> None:
    assert list(drawn) == [*TRACKING, *SHAPES, *VALUE]
    for stem, figure in drawn.items():
        page = io.BytesIO()
        figure.savefig(page, format="png")
        assert page.getvalue().startswith(b"\x89PNG")
        for line in (figure.axes[0]._left_title, figure.axes[0].texts[0]):
            assert line.get_window_extent().x1 <= figure.bbox.x1, stem


def test_each_says_of_how_many_and_until_when(drawn: dict[str, Figure]) -> None:
    for stem, figure in drawn.items():
        under = figure.axes[0].texts[0].get_text()
        assert "2,357" in under or stem == "spend", stem
        assert "1997-09-30" in under


def test_titles_state_the_numbers(drawn: dict[str, Figure], holdout: Holdout) -> None:
    title = drawn["tracking_cumulative"].axes[0].get_title(loc="left")
    assert f"{holdout.customers['bought'].sum():,.0f} repeat purchases held out" in title


def test_no_picture_has_a_mark_for_each_customer(drawn: dict[str, Figure]) -> None:
    for stem in (*TRACKING[2:], *SHAPES[2:], *VALUE):
        for axes in drawn[stem].axes:
            points = sum(len(line.get_xdata()) for line in axes.lines)
            assert points + len(axes.patches) <= 2 * MOST_MARKS, stem
    for stem in TRACKING[:2]:
        days = max(len(line.get_xdata()) for line in drawn[stem].axes[0].lines)
        assert days <= len(drawn) * MOST_MARKS + 100


def test_without_spend_there_are_no_pictures_of_value(holdout: Holdout) -> None:
    assert list(figures_of(replace(holdout, value=replace(holdout.value, spend=None)))) == [
        *TRACKING,
        *SHAPES,
    ]


def test_few_customers_are_not_cut_into_tenths(holdout: Holdout) -> None:
    few = replace(holdout, customers=holdout.customers.head(150))
    assert "value_by_tenth" not in figures_of(few)


def test_any_purchase_model_can_be_drawn(tables: Tables) -> None:
    drawn = figures(tables, date(1998, 6, 30), 91, ParetoNBD)
    assert "Pareto/NBD" in drawn["dropout"].axes[0].texts[0].get_text()
    assert drawn["dropout"].axes[0].get_xlabel() == "chance to leave within a year"
