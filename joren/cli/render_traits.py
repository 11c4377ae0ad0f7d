"""The traits of the best customers, and of those who left, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from features.reasons import money_text
from features.trait_words import meaning_of, strongest, typical_texts
from features.traits import Group, Trait, Traits
from joren.cli.layout import bullets, section

__all__ = ["show_traits"]

WORDS = {
    "en": {
        "when": "  customers as known on {as_of}, by the {days} days after it",
        "best": "The top tenth: {n:,} who brought {value} of {least} or more, against {rest:,}",
        "left": "Those who left: {n:,} who bought nothing, against {rest:,}",
        "none": "nothing sets them apart for sure",
        "trait": "{typical} against {rest} ({measure}); {low:+.2f} – {high:+.2f}; {n:,} / {n_rest:,}",
    },
    "ja": {
        "when": "  {as_of}の時点で知られていた顧客を、その後{days}日間の結果で比べる",
        "best": "上位1割：{value}が{least}以上の{n:,}人、その他{rest:,}人",
        "left": "離反した顧客：購入のなかった{n:,}人、その他{rest:,}人",
        "none": "はっきりした違いはない",
        "trait": "{typical}、その他は{rest}（{measure}）；{low:+.2f} – {high:+.2f}；{n:,} / {n_rest:,} 人",
    },
}
TERMS_JA = {"median": "中央値", "mean": "平均", "share": "割合", "margin": "粗利", "revenue": "売上"}


def show_traits(found: Traits, limit: int, language: str, currency: str, console: Console) -> None:
    """Print at most ``limit`` traits of each group, the surest first."""
    window, best, left, words = found.window, found.best, found.left, WORDS[language]
    console.print()
    told = words["when"].format(as_of=window.as_of, days=window.horizon_days)
    console.print(Text.assemble(("Joren", "bold"), told))
    value, least = _term(found.value, language), money_text(found.least_value, language, currency)
    titles = {
        words["best"].format(n=best.customers, value=value, least=least, rest=best.rest): best,
        words["left"].format(n=left.customers, rest=left.rest): left,
    }
    for title, group in titles.items():
        section(console, title, _traits(group, limit, language, currency))
    console.print()


def _term(term: str, language: str) -> str:
    return TERMS_JA[term] if language == "ja" else term


def _traits(group: Group, limit: int, language: str, currency: str) -> Table:
    """Return a list: the effect, and beside it what it is of, with the two values and the interval."""
    chosen = strongest(group, limit)
    if not chosen:
        return bullets([WORDS[language]["none"]])
    grid = Table.grid(padding=(0, 2))
    for trait in chosen:
        meaning = meaning_of(trait, language).partition(";")[0]
        said = Text(meaning).append(f"\n{_said(trait, language, currency)}", style="dim")
        grid.add_row(Text(f"{trait.effect.value:+.2f}", style="bold"), said)
    return grid


def _said(trait: Trait, language: str, currency: str) -> str:
    typical, rest = typical_texts(trait, language, currency)
    effect = trait.effect
    return WORDS[language]["trait"].format(
        typical=typical,
        rest=rest,
        measure=_term(trait.measure, language),
        low=effect.low,
        high=effect.high,
        n=trait.n,
        n_rest=trait.n_rest,
    )
