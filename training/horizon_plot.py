"""The horizon's picture: who is back by when, and who of the silent still comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.canvas import ACCENT, CURVE, FAINT, MUTED, STYLE, canvas

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from training.horizon import Advice

__all__ = ["figure"]


def figure(advice: Advice) -> Figure:
    """Draw returns by the days since the last order, above; below, what is left after each silence."""
    import matplotlib as mpl
    from matplotlib.ticker import PercentFormatter

    silences, chosen = advice.silences, advice.advised
    days = range(silences.longest_days)
    with mpl.rc_context(STYLE):
        drawn, (axes, below) = canvas(
            f"{chosen.returned:.0%} of the returns come within {chosen.days} days",
            f"{silences.customers:,} customers, {silences.returned:,} of them came back; each counts once",
            y="share so far",
            heights=(3, 2),
        )
        axes.plot(days, [silences.returned_within(day) for day in days], **CURVE, label="of all returns")
        axes.plot(
            days,
            [silences.own_within(day) for day in days],
            color=MUTED,
            linewidth=1.4,
            label="of repeat buyers, by their own mean gap",
        )
        below.plot(days, [silences.return_after(day) for day in days], **CURVE)
        below.plot([chosen.days], [chosen.return_after], marker="o", color=ACCENT, markersize=6)
        below.annotate(
            f"{chosen.return_after:.0%} of those silent for {chosen.days} days",
            (chosen.days, chosen.return_after),
            xytext=(8, 8),
            textcoords="offset points",
            fontsize=9,
        )
        for part in (axes, below):
            part.axvline(chosen.days, color=FAINT, linewidth=1.4, zorder=0)
            part.yaxis.set_major_formatter(PercentFormatter(1))
            part.set_ylim(0, 1.02)
        below.set_ylabel("still come back")
        below.set_xlabel("days since the last order")
        axes.legend(loc="lower right")
    return drawn
