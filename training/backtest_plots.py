"""Pictures of a backtest: aggregates only, never a customer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from training import plots
from training.backtested import NORMAL_95, Backtest
from training.canvas import CURVE, DOTS, FAINT, MUTED, STYLE, canvas, in_percent
from training.evaluate import OURS, Evaluation
from training.metrics import METRICS, reliability_table
from training.peers import BASE_RATE, PEERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["figures"]

OF_WORST = ("gain", "value_deciles")
MARKS = {PEERS[0]: "^", PEERS[1]: "s", PEERS[2]: "D"}


def figures(backtest: Backtest) -> dict[str, Figure]:
    """Return the pictures by file stem: skill, reliability, the worst moment's gain and value."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        drawn = dict(_drawn(backtest))
    worst = plots.figures(_against_peers(backtest.worst.evaluation))
    return drawn | {f"backtest_worst_{name}": worst[name] for name in OF_WORST if name in worst}


def _against_peers(evaluation: Evaluation) -> Evaluation:
    """Return the evaluation without the parts that ours is made of, and without hindsight's rate."""
    shown = {model: measured for model, measured in evaluation.metrics.items() if model in {*PEERS, OURS}}
    return replace(evaluation, metrics=shown)


def _drawn(backtest: Backtest) -> Iterator[tuple[str, Figure]]:
    yield "backtest_moments", _moments(backtest)
    yield "backtest_reliability", _reliability(backtest)


def _moments(backtest: Backtest) -> Figure:
    """Draw each model's skill at each moment: the log-loss that it takes off that of one rate for all."""
    from matplotlib.ticker import PercentFormatter

    judged = backtest.moments[::-1]
    worst = backtest.worst
    figure, (axes,) = canvas(
        f"At the worst moment, {worst.moment}, skill is {worst.skill:.1%}",
        f"{backtest.horizon_days} days after each; 0 is one rate for everybody; bars are 95% intervals",
        x="fitted on what was known by",
        y="log-loss taken away",
    )
    days = pd.DatetimeIndex([one.moment for one in judged]).to_numpy()
    axes.axhline(0, color=FAINT, linewidth=1.2)
    for peer, mark in MARKS.items():
        if peer in backtest.mean and "log_loss" in backtest.mean[peer]:
            skill = [
                1 - one.evaluation.metrics[peer]["log_loss"] / one.evaluation.metrics[BASE_RATE]["log_loss"]
                for one in judged
            ]
            axes.plot(days, skill, color=MUTED, marker=mark, markersize=4.5, linewidth=1.1, label=peer)
    spread = [NORMAL_95 * one.trial.skill_error for one in judged if one.trial]
    axes.errorbar(days, [one.skill for one in judged], yerr=spread, **DOTS, capsize=2.5, label=OURS, zorder=4)
    axes.set_xticks(days, [str(one.moment) for one in judged], fontsize=8)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="best")
    return figure


def _reliability(backtest: Backtest) -> Figure:
    seen = [one.evaluation.predictions for one in backtest.moments]
    pooled = pd.concat(seen)
    off = METRICS["ece"].of(pooled["churned"].to_numpy(), pooled[f"{OURS}|churn"].to_numpy())
    figure, (axes,) = canvas(
        f"Over all moments, the stated probability is off by {100 * off:.1f} points",
        f"{len(seen)} moments in grey, all together in colour; {len(pooled):,} forecasts",
        x="predicted churn probability",
        y="share of the group who left",
    )
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, label="as stated")
    for number, predictions in enumerate(seen):
        table = reliability_table(predictions["churned"].to_numpy(), predictions[f"{OURS}|churn"].to_numpy())
        label = "one moment" if number == 0 else None
        axes.plot(table.predicted, table.observed, color=MUTED, linewidth=1.0, alpha=0.7, label=label)
    table = reliability_table(pooled["churned"].to_numpy(), pooled[f"{OURS}|churn"].to_numpy())
    axes.plot(table.predicted, table.observed, **CURVE, marker="o", markersize=5, label=OURS)
    in_percent(axes)
    axes.legend(loc="upper left")
    return figure
