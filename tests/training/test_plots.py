"""Pictures: the ones that the evaluation allows, drawn without pyplot, and of no single customer."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from training.canvas import save
from training.evaluate import Evaluation, Forecast
from training.metrics import decile_table
from training.plots import SHARES, figures


def an_evaluation(customers: int = 400, *, bought: bool = True) -> Evaluation:
    draw = np.random.default_rng(5)
    rate = draw.gamma(0.6, 1.5, customers)
    orders = draw.poisson(rate) * bought
    truth = pd.DataFrame(
        {"churned": orders == 0, "orders": orders, "revenue": orders * 20.0},
        index=draw.permutation([f"c-{i:04x}" for i in range(customers)]),
    )
    forecasts = {
        "BG/NBD": Forecast(churn=np.exp(-rate * draw.lognormal(0, 0.8, customers))),
        "recency rule": Forecast(churn=draw.integers(0, 90, customers)),
        "Joren": Forecast(churn=np.exp(-rate), orders=rate, revenue=rate * 20),
    }
    return Evaluation.of(truth, forecasts, moment=date(1997, 12, 31), horizon_days=91, kind="out-of-time")


def test_every_picture_can_be_drawn() -> None:
    drawn = figures(an_evaluation())
    assert list(drawn) == [
        "roc",
        "precision_recall",
        "gain",
        "lift",
        "reliability",
        "value_deciles",
    ]
    for figure in drawn.values():
        page = io.BytesIO()
        figure.savefig(page, format="png")
        assert page.getvalue().startswith(b"\x89PNG")


def test_a_picture_is_written_as_matplotlib_would(tmp_path: Path) -> None:
    ours, theirs = (figures(an_evaluation())["roc"] for _ in range(2))
    save(ours, tmp_path / "ours.png")
    theirs.savefig(tmp_path / "theirs.png")
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()


def test_titles_state_what_is_seen_and_of_how_many() -> None:
    evaluation = an_evaluation()
    axes = figures(evaluation)["roc"].axes[0]
    assert f"{evaluation.metrics['Joren']['auc']:.1%}" in axes.get_title(loc="left")
    assert "400 customers, 91 days after 1997-12-31, out-of-time" in axes.texts[0].get_text()


@pytest.mark.parametrize("picture", ["roc", "precision_recall", "gain", "lift"])
def test_a_curve_has_the_same_points_however_many_customers(picture: str) -> None:
    few, many = (figures(an_evaluation(n))[picture].axes[0].lines for n in (30, 900))
    assert [len(line.get_xdata()) for line in few] == [len(line.get_xdata()) for line in many]
    assert max(len(line.get_xdata()) for line in many) <= len(SHARES) + 1


def test_where_everybody_left_only_calibration_is_drawn() -> None:
    assert list(figures(an_evaluation(bought=False))) == ["reliability"]


def test_deciles_hold_all_the_revenue_and_fall_with_the_forecast() -> None:
    evaluation = an_evaluation(403).predictions
    table = decile_table(evaluation["revenue"], evaluation["Joren|revenue"])
    assert list(table.index) == list(range(1, 11))
    assert table["total"].sum() == evaluation["revenue"].sum()
    assert table["predicted"].is_monotonic_decreasing


def test_drawing_leaves_no_global_state_behind() -> None:
    program = (
        "import sys; from tests.training.test_plots import an_evaluation; from training.plots import figures;"
        "assert 'matplotlib' not in sys.modules; figures(an_evaluation(50));"
        "assert 'matplotlib.pyplot' not in sys.modules;"
        "import matplotlib as m; assert m.rcParams['axes.spines.top'] is True"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
