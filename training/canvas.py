"""What the pictures look like: colours, style, and a figure with a title that says what is seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from pandas import DataFrame

__all__ = [
    "ACCENT",
    "CURVE",
    "DOTS",
    "FAINT",
    "GRID",
    "INK",
    "MUTED",
    "SEEN",
    "STYLE",
    "canvas",
    "in_percent",
    "save",
    "tenths_plot",
]

ACCENT, INK, MUTED, FAINT, GRID = "#0b7a75", "#22313f", "#8a949e", "#cfd5da", "#e6e9ec"
STYLE: dict[Any, Any] = {
    "figure.figsize": (7.2, 4.8),
    "figure.dpi": 130,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": "#c3c9cf",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
}
DOTS: dict[str, Any] = {"color": ACCENT, "marker": "o", "markersize": 5.5, "linewidth": 1.8}
SEEN: dict[str, Any] = {"color": MUTED, "linewidth": 1.6, "label": "seen"}
CURVE: dict[str, Any] = {"color": ACCENT, "linewidth": 2.2}


def canvas(
    title: str, subtitle: str, *, x: str = "", y: str = "", heights: tuple[int, ...] = (1,)
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes, one below the other; the titles and labels are those of the first."""
    from matplotlib.figure import Figure

    figure = Figure(layout="constrained")
    grid = figure.subplots(len(heights), height_ratios=heights, sharex=True, squeeze=False)
    rows: list[Axes] = list(grid[:, 0])
    first, above = rows[0], 1 + 0.025 * sum(heights) / heights[0]
    first.set_xlabel(x)
    first.set_ylabel(y)
    first.set_title(f"{title}\n", loc="left", fontsize=12, fontweight="bold")
    below = first.text(0, above, subtitle, transform=first.transAxes, fontsize=9, color=MUTED)
    below.set_in_layout(False)  # the title's second line is its room; a long one must not narrow the axes
    return figure, rows


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG, as `Figure.savefig` would, which draws it twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    page: Any = FigureCanvasAgg(figure)
    with path.open("wb") as file:
        page.print_png(file)


def in_percent(axes: Axes) -> None:
    """Show both axes in percent."""
    from matplotlib.ticker import PercentFormatter

    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.margins(0.015)


def tenths_plot(table: DataFrame, about: str, *, by: str, how: str, horizon_days: int) -> Figure:
    """Draw a table of tenths by forecast revenue: what was ``how`` (predicted), what came."""
    top = table["total"].iloc[0] / table["total"].sum()
    figure, (axes,) = canvas(
        f"The tenth expected to spend most brought {top:.0%} of the revenue",
        about,
        x=f"tenths of the customers, highest {how} revenue first",
        y=f"revenue per customer in {horizon_days} days",
    )
    axes.bar(table.index, table["seen"], color=FAINT, width=0.72, label="seen")
    axes.plot(table.index, table["predicted"], **DOTS, label=f"{how} by {by}")
    axes.set_xticks(table.index)
    axes.yaxis.set_major_formatter("{x:,.6g}")
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper right")
    return figure
