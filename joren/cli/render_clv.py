"""What the lifetime-value models answer, on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pandas as pd
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from joren.cli.layout import bullets, pairs, plain_table, section
from joren.clv_answers import Compared, Predicted
from training.choice import Candidate, Choice

__all__ = ["show_comparison", "show_prediction"]

WITHOUT_CENTS = 1_000


def show_prediction(told: Predicted, rows: pd.DataFrame, out: Path | None, console: Console) -> None:
    """Print the question, ``rows`` of the answer, what holds for all customers, and where the file is."""
    days = told.policy.clv_horizon_days
    until = told.as_of + timedelta(days=days)
    console.print()
    console.print(
        Text.assemble(
            (told.value.title, "bold"), f"  {told.source}, as of {told.as_of}: {days} days to {until}"
        )
    )
    section(console, "Terms", _terms(told))
    if "days" in rows:
        spend = _number(told.table["expected_spend"].iloc[0], 2)
        section(console, f"After a first order, which brings {spend}", _newcomers(rows))
    else:
        section(console, "All customers", _totals(told.table, told))
        section(console, f"The {len(rows)} worth most", _customers(rows))
    if told.notes:
        section(console, "Worth knowing", _notes(told.notes))
    if out is not None:
        section(console, "Written", pairs([(str(out), f"{len(told.table):,} rows")]))
    console.print()


def _terms(told: Predicted) -> Table:
    rate, assumed = told.margin_rate
    recorded = "assumed: give --margin-rate" if assumed else "of revenue net of refunds"
    return pairs(
        [
            ("model", told.why),
            ("discount", f"{told.policy.annual_discount_rate:.1%} a year, by exact days"),
            ("margin", f"{rate:.1%}, {recorded}"),
            ("currency", told.currency),
        ]
    )


def _totals(table: pd.DataFrame, told: Predicted) -> Table:
    return pairs(
        [
            ("customers", f"{len(table):,}, {table['p_alive'].sum():,.0f} of them alive"),
            ("purchases", f"{table['expected_purchases'].sum():,.0f} expected"),
            ("revenue", f"{table['revenue_clv'].sum():,.0f} {told.currency}, discounted"),
            ("margin", f"{table['margin_clv'].sum():,.0f} {told.currency}, discounted"),
        ]
    )


def _customers(rows: pd.DataFrame) -> Table:
    table = plain_table()
    table.add_column("Customer", overflow="fold", max_width=14)
    for head in ("Alive", "Purchases", "80 %", "Next order", "Margin", "80 %"):
        table.add_column(head, justify="right", no_wrap=True)
    cents = _cents(rows)
    for row in rows.to_dict("records"):
        table.add_row(
            Text(str(row["customer_id"]), style="bold"),
            f"{row['p_alive']:.0%}",
            _number(row["expected_purchases"], 1),
            _span(row["purchases_low"], row["purchases_high"], 0),
            str(row["expected_date_of_next_order"] or "–"),
            _number(row["margin_clv"], cents),
            _span(row["margin_clv_low"], row["margin_clv_high"], cents),
        )
    return table


def _newcomers(rows: pd.DataFrame) -> Table:
    table = plain_table()
    for head in ("Days", "Alive then", "Purchases", "80 %", "None at all", "Margin", "80 %"):
        table.add_column(head, justify="right", no_wrap=True)
    cents = _cents(rows)
    for row in rows.to_dict("records"):
        table.add_row(
            f"{row['days']:,}",
            f"{row['p_alive']:.0%}",
            _number(row["expected_purchases"], 2),
            _span(row["purchases_low"], row["purchases_high"], 0),
            f"{row['p_no_purchase']:.0%}",
            _number(row["margin_clv"], cents),
            _span(row["margin_clv_low"], row["margin_clv_high"], cents),
        )
    return table


def show_comparison(told: Compared, console: Console) -> None:
    """Print the candidates against each other, why one was picked, and how it did on each stretch."""
    choice = told.choice
    console.print()
    console.print(Text.assemble((choice.title, "bold"), f"  {told.source}, as of {told.as_of}"))
    title = "Candidates"
    if choice.moment is not None:
        stretches = "stretch" if len(choice.held_out) == 1 else "stretches"
        title += f", on {len(choice.held_out)} {stretches} of {choice.horizon_days} days held out"
    failed = [f"{one.title}: {one.note}" for one in choice.candidates if one.note]
    unfitted = [bullets(failed)] if failed else []
    section(console, title, Group(_candidates(choice), *unfitted, Text(choice.why, style="dim")))
    if choice.held_out:
        section(console, f"{choice.title}, season by season", _stretches(choice))
    if notes := (*choice.notes, *told.notes):
        section(console, "Worth knowing", _notes(notes))
    console.print()


def _candidates(choice: Choice) -> Table:
    table = plain_table()
    table.add_column("", no_wrap=True)
    for head in ("Log-likelihood ↑", "Tracking ↓", "Gini ↑", "Bias", "In 80 %"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in choice.candidates:
        style = "bold green" if one.name == choice.picked else ""
        table.add_row(Text(one.title, style=style), *_figures(one))
    return table


def _figures(one: Candidate) -> tuple[str, ...]:
    within = [_if_known(share, ".0%") for share in (one.coverage_80_purchases, one.coverage_80_value)]
    return (
        _if_known(one.log_likelihood, ",.1f"),
        _if_known(one.tracking_error, ".1%"),
        _if_known(one.gini, ".3f"),
        _if_known(one.bias, "+.1%"),
        " / ".join(within),
    )


def _if_known(figure: float | None, form: str) -> str:
    return "–" if figure is None else format(figure, form)


def _stretches(choice: Choice) -> Table:
    table = plain_table()
    table.add_column("Held out", no_wrap=True)
    for head in ("To", "Customers", "Purchases", "Tracking", "Bias"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in choice.held_out:
        style = "bold" if one is choice.worst else ""
        seen = f"{one.last_day}", f"{one.customers:,}", f"{one.purchases:,}"
        table.add_row(Text(one.season, style=style), *seen, f"{one.tracking_error:.1%}", f"{one.bias:+.1%}")
    return table


def _cents(rows: pd.DataFrame) -> int:
    return 0 if rows["margin_clv_high"].max() >= WITHOUT_CENTS else 2


def _number(value: float, decimals: int) -> str:
    return "–" if math.isnan(value) else f"{value:,.{decimals}f}"


def _span(low: float, high: float, decimals: int) -> str:
    return f"{_number(low, decimals)} to {_number(high, decimals)}"


def _notes(notes: Iterable[str]) -> Table:
    return bullets(f"{note[0].upper()}{note[1:]}" for note in notes)
