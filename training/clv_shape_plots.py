"""Pictures of what a fitted model says in general: of any history, of spend, and of how customers differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from training.canvas import ACCENT, CURVE, FAINT, INK, canvas
from training.clv_shapes import dropout, frequency_recency, purchase_rates, spend_shares
from training.models.paretonbd import ParetoNBD

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from training.clv_holdout import Holdout

__all__ = ["dropout_plot", "matrix_plots", "purchase_rates_plot", "spend_plot"]

SHADES = ("#f6faf9", "#8cc4bf", ACCENT, "#053b39")
IMPOSSIBLE = "#f0f1f3"
EVEN = 0.5  # a chance to leave as likely as not
TOLD_AT = 0.25  # of the age: the silence that titles speak of


def matrix_plots(holdout: Holdout) -> Iterator[tuple[str, Figure]]:
    """Yield the two matrices of frequency and recency, by file stem."""
    table = frequency_recency(holdout)
    (few, many), silent, said = _told(table)
    orders, alive = said["expected_purchases"], said["probability_alive"]
    yield (
        "expected_purchases",
        _matrix(
            holdout,
            table["expected_purchases"],
            f"{silent} days silent: {orders[few]:.1f} to come after {few}, "
            f"{orders[many]:.1f} after {many} purchases",
            f"expected purchases in the next {holdout.window.horizon_days} days",
        ),
    )
    yield (
        "probability_alive",
        _matrix(
            holdout,
            table["probability_alive"],
            f"{silent} days silent: {alive[few]:.0%} alive after {few}, "
            f"{alive[many]:.0%} after {many} purchases",
            "P(alive)",
            top=1.0,
        ),
    )


def _told(table: pd.DataFrame) -> tuple[tuple[int, int], int, pd.DataFrame]:
    """Return two frequencies, a silence, and what the table says of these."""
    silences = np.unique(table.index.get_level_values("days_silent"))
    silent = silences[np.abs(silences - TOLD_AT * silences[-1]).argmin()]
    said = table[table.index.get_level_values("days_silent") == silent].droplevel("days_silent")
    return (int(said.index[0]), int(said.index[-1])), int(silent), said


def _matrix(
    holdout: Holdout, cells: pd.Series[float], title: str, unit: str, *, top: float | None = None
) -> Figure:
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patheffects import withStroke
    from matplotlib.ticker import MaxNLocator

    grid = cells.unstack("days_silent")  # noqa: PD010 - the index is its two axes
    T = int(holdout.customers["T"].max())
    figure, (axes,) = canvas(
        title,
        f"what {holdout.model} says of customers who came {T} days ago; fitted to {holdout.window.as_of} on "
        f"{len(holdout.customers):,}",
        x="days since the last purchase",
        y="repeat purchases",
    )
    axes.set_facecolor(IMPOSSIBLE)
    colours = LinearSegmentedColormap.from_list("accent", SHADES)
    mesh = axes.pcolormesh(
        grid.columns, grid.index, grid, cmap=colours, vmin=0, vmax=top, shading="nearest", rasterized=True
    )
    known = grid.dropna(axis="columns")
    lines = axes.contour(known.columns, known.index, known, levels=5, colors=INK, linewidths=0.7, alpha=0.7)
    for label in axes.clabel(lines, fontsize=8):
        label.set_path_effects([withStroke(linewidth=2.5, foreground="white", alpha=0.8)])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(visible=False)
    bar = figure.colorbar(mesh, ax=axes, label=unit, pad=0.02)
    bar.outline.set_visible(False)
    return figure


def spend_plot(holdout: Holdout) -> Figure:
    """Return the shares of customers by their mean spend, seen and fitted."""
    table = spend_shares(holdout)
    widths = table["high"] - table["low"]
    most = table.iloc[int(table["seen"].argmax())]
    paid = (holdout.customers["paid_orders"] > 0).sum()
    figure, (axes,) = canvas(
        f"{most['seen']:.0%} spend {most['low']:,g} to {most['high']:,g} a purchase; "
        f"{most['fitted']:.0%} were expected to",
        f"{paid:,} customers who paid, by {holdout.window.as_of}; "
        f"{1 - table['seen'].sum():.0%} spend more than is shown",
        x="a customer's mean spend per paid purchase",
        y="share of customers",
    )
    axes.bar(table["low"], table["seen"], widths * 0.92, align="edge", color=FAINT, label="seen")
    axes.plot(table["low"] + widths / 2, table["fitted"], **CURVE, label="fitted by Gamma-Gamma")
    axes.xaxis.set_major_formatter("{x:,.6g}")
    _in_whole_percent(axes)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper right")
    return figure


def purchase_rates_plot(holdout: Holdout) -> Figure:
    """Return how purchase rates differ from customer to customer, as fitted."""
    shares = purchase_rates(holdout.purchases)
    rates = shares.index.to_numpy()
    width = rates[1]
    figure, (axes,) = canvas(
        f"{shares.iloc[0]:.0%} of new customers would buy less than {width:g} times a year",
        _fitted(holdout, f"{rates[-1]:g} and more are taken together"),
        x="purchases a year while a customer",
        y="share of new customers",
    )
    _share_bars(axes, shares, width)
    return figure


def dropout_plot(holdout: Holdout) -> Figure:
    """Return how the chance to leave differs from customer to customer, as fitted."""
    shares = dropout(holdout.purchases)
    pareto = isinstance(holdout.purchases, ParetoNBD)
    when = "within a year" if pareto else "after a purchase"
    likely = shares[shares.index >= EVEN].sum()
    figure, (axes,) = canvas(
        f"{likely:.0%} of new customers are more likely to leave than to stay",
        _fitted(holdout),
        x=f"chance to leave {when}",
        y="share of new customers",
    )
    _share_bars(axes, shares, 0.05)
    axes.xaxis.set_major_formatter("{x:.0%}")
    return figure


def _share_bars(axes: Axes, shares: pd.Series[float], width: float) -> None:
    axes.bar(shares.index, shares, width * 0.92, align="edge", color=ACCENT)
    _in_whole_percent(axes)
    axes.set_xlim(0, shares.index[-1] + width)
    axes.grid(visible=False, axis="x")


def _in_whole_percent(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter("{x:.0%}")


def _fitted(holdout: Holdout, more: str = "") -> str:
    told = f"{holdout.model} fitted to {holdout.window.as_of} on {len(holdout.customers):,} customers"
    return f"{told}; {more}" if more else told
