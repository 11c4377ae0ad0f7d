"""Pictures of what the churn model goes by: bars of importance, and how it depends on the features' values.

Groups of customers only, never one of them: a curve's points are bins of 20 customers or more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from features.catalogue import CATALOGUE
from training.canvas import ACCENT, FAINT, MUTED, STYLE, canvas
from training.errors import NoFontError
from training.importance import Importance, dependence

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame

__all__ = ["importance_figures"]

Language = Literal["en", "ja"]
FEATURES = {feature.name: feature for feature in CATALOGUE}
BARS = 15
LONGEST = 24  # signs of a Japanese label
SKEWED = 20.0  # times the median that the longest value shown is: beyond it, the axis is logarithmic
JAPANESE = (
    "NotoSansCJK-Regular",
    "NotoSansCJKjp-Regular",
    "NotoSansJP-Regular",
    "ipaexg",
    "ipag",
    "YuGothM",
    "meiryo",
    "Hiragino Sans W3",
)
"""Files of fonts that have the signs, without their endings; the first that is there is taken."""
TEXTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "weighs": "{first} weighs most",
            "about": "mean size of the contributions to the log-odds of leaving, over {n:,} customers",
            "families": "the same by family, contributions added up within each",
            "size": "mean |contribution|, log-odds",
            "known": "middle and 80% band of the contributions; bins of {least:,} customers or more",
            "unknown": "; not known of {n:,}: {middle:+.2f}",
            "part": "adds to the log-odds of leaving",
        },
        "ja": {
            "weighs": "最も重いのは「{first}」",
            "about": "離反の対数オッズへの寄与の大きさの平均（お客様 {n:,} 人）",
            "families": "系統ごとに寄与を合計したもの",
            "size": "寄与の大きさの平均（対数オッズ）",
            "known": "寄与の中央値と80%の帯。どの点もお客様 {least:,} 人以上",
            "unknown": "。値のない {n:,} 人：{middle:+.2f}",
            "part": "離反の対数オッズへの寄与",
        },
    }
)


def importance_figures(found: Importance, language: Language = "en", top: int = 6) -> dict[str, Figure]:
    """Return the pictures by file stem: ``importance``, ``importance_families``, ``dependence/FEATURE``.

    Raises ``NoFontError`` where the machine has no font for the language.
    """
    import matplotlib as mpl

    with mpl.rc_context(STYLE | _fonts(language)):
        return dict(_drawn(found, language, top))


def _drawn(found: Importance, language: Language, top: int) -> Iterator[tuple[str, Figure]]:
    say, customers = TEXTS[language], len(found.parts)
    features = {_label(name, language): size for name, size in list(found.features.items())[:BARS]}
    yield "importance", _bars(features, say["about"].format(n=customers), say)
    yield "importance_families", _bars(found.families, say["families"], say)
    for name in found.drawable(top):
        table = dependence(found, name)
        if table["value"].notna().sum() > 1:
            yield f"dependence/{name}", _curve(name, table, language)


def _bars(sizes: Mapping[str, float], about: str, say: Mapping[str, str]) -> Figure:
    names, widths = list(sizes)[::-1], list(sizes.values())[::-1]
    figure, (axes,) = canvas(say["weighs"].format(first=names[-1]), about, x=say["size"])
    bars = axes.barh(names, widths, color=[*[FAINT] * (len(names) - 1), ACCENT], height=0.68)
    axes.bar_label(bars, [f"{width:.2f}" for width in widths], padding=4, fontsize=8, color=MUTED)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.1, y=0.02)
    return figure


def _curve(name: str, table: DataFrame, language: Language) -> Figure:
    say, known = TEXTS[language], table.dropna(subset="value")
    about = say["known"].format(least=int(known["customers"].min()))
    for row in table[table["value"].isna()].itertuples():
        about += say["unknown"].format(n=row.customers, middle=row.middle)
    feature = FEATURES.get(name)
    title, unit = (feature.meaning, f"{name} ({feature.unit})") if feature else (name, name)
    if feature and language == "ja":
        title = feature.meaning_ja
    figure, (axes,) = canvas(title.partition(";")[0], about, x=unit, y=say["part"])
    axes.axhline(0, color=FAINT, linewidth=1.2)
    axes.fill_between(known["value"], known["low"], known["high"], color=ACCENT, alpha=0.15, linewidth=0)
    axes.plot(known["value"], known["middle"], color=ACCENT, marker="o", markersize=4, linewidth=1.8)
    values = known["value"].to_numpy(np.float64)
    if values.min() >= 0 and values.max() > SKEWED * max(float(np.median(values)), 1.0):
        axes.set_xscale("symlog", linthresh=1.0)
    return figure


def _label(feature: str, language: Language) -> str:
    """Return what names a feature beside its bar: another text for each."""
    if language == "en" or feature not in FEATURES:
        return feature
    meaning = FEATURES[feature].meaning_ja
    return meaning if len(meaning) <= LONGEST else f"{meaning[:LONGEST]}… {feature}"


def _fonts(language: Language) -> dict[str, Any]:
    """Return the setting that draws the language's signs. Raises ``NoFontError``."""
    if language == "en":
        return {}
    from matplotlib import font_manager

    there = {Path(file).stem: file for file in font_manager.findSystemFonts()}
    for name in JAPANESE:
        if name in there:
            for file in (file for stem, file in there.items() if stem.startswith(name.partition("-")[0])):
                font_manager.fontManager.addfont(file)  # its other weights, too
            family = font_manager.FontProperties(fname=there[name]).get_name()
            return {"font.family": [family, "DejaVu Sans"]}
    raise NoFontError(
        "No Japanese font is installed on this machine.",
        which=[f"{name}.*" for name in JAPANESE],
        mend="Install one of them, or draw with --language en.",
    )
