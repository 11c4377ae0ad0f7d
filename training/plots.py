"""Pictures of an evaluation, for MLflow and the model card: aggregates only, never a customer.

Every title states what is seen; the line under it says of how many customers, when, and how held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import precision_recall_curve, roc_curve

from training.canvas import ACCENT, DOTS, FAINT, MUTED, STYLE, canvas, in_percent, tenths_plot
from training.metrics import Floats, decile_table, reliability_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from training.evaluate import Evaluation

__all__ = ["figures"]

OTHERS = (
    ("#6b7680", "-"),
    ("#6b7680", (0, (5, 2))),
    ("#a3acb4", "-"),
    ("#a3acb4", (0, (5, 2))),
    (MUTED, ":"),
)
SHARES = np.linspace(0, 1, 201)  # curves are drawn on this grid: no step in one is a customer
SMALLEST_LIST = 0.03  # share of the customers: a lift in fewer is noise


def figures(evaluation: Evaluation) -> dict[str, Figure]:
    """Return the pictures that the evaluation allows, by file stem; its main model in colour, others grey.

    Left out: rankings where everybody left or nobody
    did, values where nothing was bought.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        return dict(_drawn(evaluation))


def _drawn(evaluation: Evaluation) -> Iterator[tuple[str, Figure]]:
    measured = evaluation.metrics[evaluation.main]
    if "auc" in measured:
        yield "roc", _roc(evaluation)
        yield "precision_recall", _precision_recall(evaluation)
        yield "gain", _gain(evaluation)
        yield "lift", _lift(evaluation)
    if "ece" in measured:
        yield "reliability", _reliability(evaluation)
    if "gini" in measured:
        yield "value_deciles", _value_deciles(evaluation)


def _roc(evaluation: Evaluation) -> Figure:
    figure, (axes,) = canvas(
        f"A leaver is ranked above a stayer {_main(evaluation, 'auc'):.1%} of the time",
        _about(evaluation),
        x="share of the stayers who are flagged",
        y="share of the leavers who are flagged",
    )
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, label="chance")
    for model, style, score in _rankings(evaluation):
        flagged, caught, _ = roc_curve(evaluation.predictions["churned"], score)
        drawn = np.interp(SHARES, flagged, caught)
        axes.plot(np.r_[0, SHARES], np.r_[0, drawn], **style, label=_label(evaluation, model, "auc", "AUC"))
    in_percent(axes)
    axes.legend(loc="lower right")
    return figure


def _precision_recall(evaluation: Evaluation) -> Figure:
    share = evaluation.predictions["churned"].mean()
    figure, (axes,) = canvas(
        f"The at-risk list as it grows: average precision {_main(evaluation, 'pr_auc'):.3f}",
        _about(evaluation),
        x="share of the leavers who are on the list",
        y="share of the list who leave",
    )
    axes.axhline(share, color=FAINT, linewidth=1.2, label=f"everybody · {share:.1%}")
    for model, style, score in _rankings(evaluation):
        precision, recall, _ = precision_recall_curve(evaluation.predictions["churned"], score)
        envelope = np.maximum.accumulate(precision)[::-1]  # the best precision at no less recall
        drawn = np.interp(SHARES, recall[::-1], envelope)
        axes.plot(SHARES[1:], drawn[1:], **style, label=_label(evaluation, model, "pr_auc", "AP"))
    in_percent(axes)
    axes.legend(loc="lower left")
    return figure


def _gain(evaluation: Evaluation) -> Figure:
    churned = evaluation.predictions["churned"].to_numpy()
    lift = _main(evaluation, "lift_10")
    figure, (axes,) = canvas(
        f"The tenth most at risk holds {lift / 10:.1%} of all who leave: lift {lift:.2f}",
        _about(evaluation),
        x="share of the customers, most at risk first",
        y="share of the leavers among them",
    )
    possible = np.minimum(SHARES / churned.mean(), 1)
    axes.fill_between(SHARES, SHARES, possible, color="#f3f5f6", linewidth=0, label="what is possible")
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, label="chance")
    for model, style, score in _rankings(evaluation):
        label = _label(evaluation, model, "lift_10", "lift at 10%", ".2f")
        axes.plot(SHARES, _gained(churned, score), **style, label=label)
    in_percent(axes)
    axes.legend(loc="lower right")
    return figure


def _lift(evaluation: Evaluation) -> Figure:
    churned = evaluation.predictions["churned"].to_numpy()
    figure, (axes,) = canvas(
        f"Among the fifth most at risk {_main(evaluation, 'lift_20'):.2f} times as many leave as on average",
        _about(evaluation),
        x="share of the customers, most at risk first",
        y="times the average churn among them",
    )
    axes.axhline(1, color=FAINT, linewidth=1.2, label="chance")
    shown = SHARES[SHARES >= SMALLEST_LIST]
    for model, style, score in _rankings(evaluation):
        label = _label(evaluation, model, "lift_20", "lift at 20%", ".2f")
        axes.plot(shown, _gained(churned, score)[-len(shown) :] / shown, **style, label=label)
    in_percent(axes)
    axes.yaxis.set_major_formatter("{x:.1f}")
    axes.legend(loc="upper right")
    return figure


def _gained(churned: Floats, score: Floats) -> Floats:
    """Return the share of the leavers within each share of the customers; those who tie count in part."""
    tied = pd.DataFrame({"score": score, "left": churned}).groupby("score")["left"].agg(["size", "sum"])
    reached = tied[::-1].cumsum() / [len(churned), churned.sum()]
    return np.interp(SHARES, np.r_[0, reached["size"]], np.r_[0, reached["sum"]])


def _reliability(evaluation: Evaluation) -> Figure:
    predicted = evaluation.predictions[f"{evaluation.main}|churn"].to_numpy()
    table = reliability_table(evaluation.predictions["churned"].to_numpy(), predicted)
    figure, (axes, below) = canvas(
        f"The stated probability is off by {100 * _main(evaluation, 'ece'):.1f} points on average",
        f"{_about(evaluation)}; {len(table)} groups, 80% intervals",
        y="share of the group who left",
        heights=(3, 1),
    )
    axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1.2, label="as stated")
    spread = 1.28 * np.sqrt(table.observed * (1 - table.observed) / table.customers)
    axes.errorbar(table.predicted, table.observed, yerr=spread, **DOTS, capsize=2.5, label=evaluation.main)
    in_percent(axes)
    axes.legend(loc="upper left")
    below.hist(predicted, bins=list(SHARES[::5]), color=FAINT, edgecolor="white", linewidth=0.8)
    below.set_ylabel("customers")
    below.yaxis.set_major_formatter("{x:,.0f}")
    below.set_xlabel("predicted churn probability")
    below.grid(visible=False, axis="x")
    return figure


def _value_deciles(evaluation: Evaluation) -> Figure:
    table = decile_table(
        evaluation.predictions["revenue"], evaluation.predictions[f"{evaluation.main}|revenue"]
    )
    return tenths_plot(
        table,
        _about(evaluation),
        by=evaluation.main,
        how="predicted",
        horizon_days=evaluation.horizon_days,
    )


def _about(evaluation: Evaluation) -> str:
    share = evaluation.predictions["churned"].mean()
    return (
        f"{evaluation.customers:,} customers, {evaluation.horizon_days} days after {evaluation.moment}, "
        f"{evaluation.kind}, {share:.1%} left"
    )


def _main(evaluation: Evaluation, metric: str) -> float:
    return evaluation.metrics[evaluation.main][metric]


def _label(evaluation: Evaluation, model: str, metric: str, name: str, form: str = ".3f") -> str:
    return f"{model} · {name} {evaluation.metrics[model][metric]:{form}}"


def _rankings(evaluation: Evaluation) -> Iterator[tuple[str, dict[str, Any], Floats]]:
    """Yield each model that ranks the customers, the main one first: its name, style and scores."""
    others = iter(OTHERS)
    for model in sorted(evaluation.metrics, key=lambda model: model != evaluation.main):
        if f"{model}|churn" in evaluation.predictions:
            ours = model == evaluation.main
            colour, dash = (ACCENT, "-") if ours else next(others, OTHERS[-1])
            width, depth = (2.4, 4) if ours else (1.5, 3)
            style = {"color": colour, "linestyle": dash, "linewidth": width, "zorder": depth}
            yield model, style, evaluation.predictions[f"{model}|churn"].to_numpy()
