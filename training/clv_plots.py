"""Pictures of a lifetime-value model on trial: aggregates only, never a customer.

Every title states what is seen; the line under it says of how many customers, when, and how held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from training.canvas import CURVE, DOTS, FAINT, MUTED, SEEN, STYLE, canvas, tenths_plot
from training.clv_holdout import Holdout
from training.clv_judged import LEAST_IN_GROUP, by_frequency, value_tenths
from training.clv_shape_plots import dropout_plot, matrix_plots, purchase_rates_plot, spend_plot
from training.clv_tracking import tracking, weekly
from training.models.bgnbd import BGNBD

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from features.tables import Tables
    from training.models.purchases import PurchaseModel

__all__ = ["figures", "figures_of"]

TENTHS = 10
HELD_OUT = "#eef3f3"


def figures(
    tables: Tables, as_of: date, holdout_days: int, model: type[PurchaseModel] = BGNBD
) -> dict[str, Figure]:
    """Return the pictures of ``model``, fitted ``holdout_days`` before ``as_of``, by file stem.

    What became known later does not move the fit. Raises what `Holdout.of` raises.
    """
    return figures_of(Holdout.of(tables, as_of, holdout_days, model))


def figures_of(holdout: Holdout) -> dict[str, Figure]:
    """Return the pictures of a trial, by file stem; those of value only where something was paid."""
    import matplotlib as mpl

    with mpl.rc_context(STYLE):
        return dict(_drawn(holdout))


def _drawn(holdout: Holdout) -> Iterator[tuple[str, Figure]]:
    by_day = tracking(holdout)
    yield "tracking_cumulative", _cumulative(holdout, by_day)
    by_week = weekly(by_day)
    if by_week.loc[by_week["held_out"], "actual"].sum() > 0:
        yield "tracking_weekly", _weekly(holdout, by_week)
    yield "purchases_by_frequency", _by_frequency(holdout)
    yield from matrix_plots(holdout)
    yield "purchase_rates", purchase_rates_plot(holdout)
    yield "dropout", dropout_plot(holdout)
    if holdout.spend is not None:
        yield "spend", spend_plot(holdout)
        if len(holdout.customers) >= TENTHS * LEAST_IN_GROUP and holdout.customers["revenue"].sum() > 0:
            yield "value_by_tenth", _value_by_tenth(holdout)


def _cumulative(holdout: Holdout, by_day: pd.DataFrame) -> Figure:
    actual, expected = (by_day.loc[by_day["held_out"], name].sum() for name in ("actual", "expected"))
    figure, (axes,) = canvas(
        f"{actual:,.0f} repeat purchases held out; {expected:,.0f} expected{_in_words(expected, actual)}",
        _about(holdout),
        y="repeat purchases so far",
    )
    _mark_holdout(axes, holdout)
    axes.plot(by_day.index, by_day["actual"].cumsum(), **SEEN)
    axes.plot(by_day.index, by_day["expected"].cumsum(), **CURVE, label=f"expected by {holdout.model}")
    _finish_tracking(axes)
    return figure


def _in_words(expected: float, actual: float) -> str:
    return f" ({expected / actual - 1:+.0%})" if actual > 0 else ""


def _weekly(holdout: Holdout, by_week: pd.DataFrame) -> Figure:
    held_out = by_week[by_week["held_out"]]
    miss = (held_out["expected"] - held_out["actual"]).abs().sum() / held_out["actual"].sum()
    figure, (axes,) = canvas(
        f"In a week of the holdout the expectation is off by {miss:.0%}",
        _about(holdout),
        y="repeat purchases in a week",
    )
    _mark_holdout(axes, holdout)
    axes.plot(by_week.index, by_week["actual"], **SEEN)
    axes.plot(by_week.index, by_week["expected"], **CURVE, label=f"expected by {holdout.model}")
    _finish_tracking(axes)
    return figure


def _mark_holdout(axes: Axes, holdout: Holdout) -> None:
    from matplotlib.dates import date2num

    known, last = holdout.window.as_of, holdout.window.outcome_end
    start, end = date2num([known, last])  # type: ignore[no-untyped-call] # matplotlib left it so
    axes.axvspan(start, end, color=HELD_OUT, linewidth=0)
    axes.axvline(start, color=FAINT, linewidth=1.2)
    axes.annotate(
        "held out",
        (start, 1),
        xycoords=axes.get_xaxis_transform(),
        xytext=(6, -6),
        textcoords="offset points",
        va="top",
        color=MUTED,
        fontsize=9,
    )


def _finish_tracking(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=9)  # type: ignore[no-untyped-call] # the same
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call] # the same
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.margins(x=0)
    axes.set_ylim(bottom=0)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="lower right")


def _by_frequency(holdout: Holdout) -> Figure:
    table = by_frequency(holdout)
    last = table.iloc[-1]
    figure, (axes, below) = canvas(
        f"After {table.index[-1]} repeat purchases {last['actual']:.2f} more came, "
        f"{last['expected']:.2f} were expected",
        _about(holdout),
        y=f"purchases in the {holdout.window.horizon_days} days",
        heights=(3, 1),
    )
    spread = 1.28 * table["standard_error"]
    axes.errorbar(
        table.index,
        table["actual"],
        yerr=spread,
        **SEEN | {"label": "seen, with 80% intervals"},
        marker="o",
        markersize=5,
        capsize=2.5,
    )
    axes.plot(table.index, table["expected"], **DOTS, label=f"expected by {holdout.model}")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper left")
    below.bar(table.index, table["customers"], color=FAINT, width=0.72)
    below.set_ylabel("customers")
    below.yaxis.set_major_formatter("{x:,.0f}")
    below.set_xlabel(f"repeat purchases by {holdout.window.as_of}")
    for each in (axes, below):
        each.grid(visible=False, axis="x")
    return figure


def _value_by_tenth(holdout: Holdout) -> Figure:
    return tenths_plot(
        value_tenths(holdout),
        _about(holdout),
        by=f"{holdout.model} and Gamma-Gamma",
        how="expected",
        horizon_days=holdout.window.horizon_days,
    )


def _about(holdout: Holdout) -> str:
    window = holdout.window
    return (
        f"{len(holdout.customers):,} customers; {holdout.model} fitted on {holdout.first_day} to "
        f"{window.as_of}, {window.horizon_days} days held out"
    )
