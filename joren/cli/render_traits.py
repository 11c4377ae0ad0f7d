"""The traits of the best customers, and of those who left, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from features.trait_words import meaning_of, strongest, typical_texts
from features.traits import Group, Trait, Traits
from joren.cli.layout import bullets, section

__all__ = ["show_traits"]

WORDS = {
    "en": "{typical} against {rest} ({measure}); {low:+.2f} – {high:+.2f}; {n:,} / {n_rest:,}",
    "ja": "{typical}、その他は{rest}（{measure}）；{low:+.2f} – {high:+.2f}；{n:,} / {n_rest:,} 人",
}
MEASURES_JA = {"median": "中央値", "mean": "平均", "share": "割合"}


def show_traits(found: Traits, limit: int, language: str, currency: str, console: Console) -> None:
    """Print at most ``limit`` traits of each group, the surest first."""
    window, best, left = found.window, found.best, found.left
    console.print()
    told = f"  customers as known on {window.as_of}, by the {window.horizon_days} days after it"
    console.print(Text.assemble(("Joren", "bold"), told))
    least = f"{found.least_value:,.0f}" + ("" if currency == "XXX" else f" {currency}")
    who = f"{best.customers:,} who brought {found.value} of {least} or more"
    titles = {
        f"The top tenth: {who}, against {best.rest:,}": best,
        f"Those who left: {left.customers:,} who bought nothing, against {left.rest:,}": left,
    }
    for title, group in titles.items():
        section(console, title, _traits(group, limit, language, currency))
    console.print()


def _traits(group: Group, limit: int, language: str, currency: str) -> Table:
    """Return a list: the effect, and beside it what it is of, with the two values and the interval."""
    chosen = strongest(group, limit)
    if not chosen:
        return bullets(["nothing sets them apart for sure"])
    grid = Table.grid(padding=(0, 2))
    for trait in chosen:
        meaning = meaning_of(trait, language).partition(";")[0]
        said = Text(meaning).append(f"\n{_said(trait, language, currency)}", style="dim")
        grid.add_row(Text(f"{trait.effect.value:+.2f}", style="bold"), said)
    return grid


def _said(trait: Trait, language: str, currency: str) -> str:
    typical, rest = typical_texts(trait, language, currency)
    effect = trait.effect
    return WORDS[language].format(
        typical=typical,
        rest=rest,
        measure=MEASURES_JA[trait.measure] if language == "ja" else trait.measure,
        low=effect.low,
        high=effect.high,
        n=trait.n,
        n_rest=trait.n_rest,
    )
