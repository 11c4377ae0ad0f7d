"""``joren horizon``: how long a silence is to mean that a customer has left."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from joren.cli.options import (
    DATA,
    AsJson,
    AsOf,
    Currency,
    Mapping,
    ProjectFolder,
    Transactions,
    Zone,
    refuse_alone,
)

if TYPE_CHECKING:
    from rich.table import Table

    from training.horizon import Advice

__all__ = ["EXAMPLES", "horizon"]

EXAMPLES = (
    ("joren horizon", "in a project folder; the picture lies in reports/"),
    ("joren horizon --transactions sales.csv --out pictures", "of one file"),
    ("joren horizon --json", "for machines"),
)
HEADS = {
    "en": ("Days", "Returns come", "Silent, come back", "Own gap fits", "Spent meanwhile", "Learned"),
    "ja": ("日数", "戻った割合", "沈黙後に戻る", "自身の間隔以内", "その間の購入額", "学習"),
}
LEARNED = {
    "en": ("value model alone", "over a shorter one", "by customer", "out of time"),
    "ja": ("価値モデルのみ", "より短い期間で", "顧客を分けて", "時点を分けて"),
}


def horizon(
    project: ProjectFolder = Path(),
    as_of: AsOf = None,
    language: Annotated[Literal["en", "ja"], typer.Option(help="The language of the reasons.")] = "en",
    as_json: AsJson = False,
    transactions: Transactions = None,
    mapping: Mapping = None,
    zone: Zone = None,
    currency: Currency = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where the picture goes; unless said, nowhere.", rich_help_panel=DATA
        ),
    ] = None,
) -> None:
    """Advise how many days without an order are to mean that a customer has left, and say why.

    From the customers' own gaps between orders (Kaplan-Meier, each customer counted once), the share who come
    back after each silence, what waiting costs, and what the history is long enough to learn from. Write the
    answer into joren.toml as [run] horizon_days.
    """
    from rich.console import Console

    from joren.backtesting import advise_project
    from joren.cli.layout import bullets, section
    from joren.cli.progress import Steps
    from joren.clv import project_asked
    from joren.outputs import REPORTS

    if transactions is None:
        refuse_alone({"map": mapping, "zone": zone, "currency": currency, "out": out})
        folder: Path | None = project / REPORTS
    else:
        folder = out
    asked = project_asked(project, transactions, as_of, mapping=mapping or (), zone=zone, currency=currency)
    advice, picture = advise_project(asked, Steps(Console(stderr=True)), folder)
    if as_json:
        typer.echo(json.dumps(advice.to_json(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    console = Console()
    section(console, f"horizon_days = {advice.advised.days}", _table(advice, language))
    section(console, "Why" if language == "en" else "理由", bullets(_sentences(advice, language)))
    if picture is not None:
        section(console, "Files" if language == "en" else "ファイル", str(picture))
    console.print()


def _sentences(advice: Advice, language: str) -> list[str]:
    said = advice.why if language == "en" else advice.why_ja
    return [f"{one[:1].upper()}{one[1:]}" for one in said]


def _table(advice: Advice, language: str) -> Table:
    from rich.text import Text

    from joren.cli.layout import plain_table
    from training.panel import Method

    learned = dict(zip(Method, LEARNED[language], strict=True))
    table = plain_table()
    for number, head in enumerate(HEADS[language]):
        table.add_column(head, justify="left" if number == len(HEADS[language]) - 1 else "right")
    for one in advice.candidates:
        table.add_row(
            Text(f"{one.days}", style="bold green" if one == advice.advised else ""),
            f"{one.returned:.0%}",
            f"{one.return_after:.0%}",
            f"{one.own_within:.0%}",
            f"{one.spend:,.2f}",
            Text(learned[one.method], style="dim"),
        )
    return table
