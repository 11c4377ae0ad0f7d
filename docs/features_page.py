"""Write docs/features.md, the list of every feature, from the catalogue.

At the root of the repository: ``.venv/bin/python docs/features_page.py``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from features.catalogue import CATALOGUE, Feature  # noqa: E402

HEAD = """# Features · 特徴量

Made from the catalogue (`features/catalogue/`) by `.venv/bin/python docs/features_page.py`; a test holds the
two together. `joren features list --json` prints the same, `joren features build` writes the values.

{count} features in {families} families, each as it was known at a moment: nothing that happened, or reached
the business, after it changes any of them.

- **Needs**: without one of these tables or columns, the feature is null for everybody.
- **Unknown**: what a customer has of whom the table holds nothing. *0* where that is a fact (never
  complained), *null* where it is none (never asked is no answer of 0), *–* where everybody is in the table.
- A ratio, mean or gap that too few orders or answers leave undefined is null, too. Missing is never 0.

全{count}個、{families}系統。いずれも、ある時点で分かっていたことだけから作られます。

- **Needs**：この表や列がなければ、その特徴量は全員が空（null）になります。
- **Unknown**：表に記録のない顧客の値です。「ないこと」が事実なら 0、そうでなければ空になります。
- 回数が足りず定義できない比率・平均・間隔も空で、0 にはしません。
"""


def page() -> str:
    """Return the page: a table for each family, in the order of the catalogue."""
    families = list(dict.fromkeys(feature.family for feature in CATALOGUE))
    parts = [HEAD.format(count=len(CATALOGUE), families=len(families))]
    for family in families:
        members = [feature for feature in CATALOGUE if feature.family == family]
        parts.append("\n".join([f"## {family} ({len(members)})", "", *_rows(members), ""]))
    return "\n".join(parts)


def _rows(features: list[Feature]) -> Iterator[str]:
    yield "| feature | unit | meaning | 意味 | needs | unknown |"
    yield "|---|---|---|---|---|---|"
    for feature in features:
        needs = ", ".join(feature.needs)
        cells = (feature.unit, feature.meaning, feature.meaning_ja, needs, _unknown(feature))
        yield f"| `{feature.name}` | {' | '.join(cells)} |"


def _unknown(feature: Feature) -> str:
    if all(need.startswith("transactions") for need in feature.needs):
        return "–"
    return "0" if feature.zero_without_rows else "null"


if __name__ == "__main__":
    (HERE / "features.md").write_text(page(), encoding="utf-8")
