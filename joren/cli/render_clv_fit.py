"""A fitted lifetime-value model on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from joren.cli.layout import bullets, pairs, plain_table, section
from joren.clv import Fitted, prior_told
from training.models.value import TITLES

__all__ = ["show_fit"]

SHOWN_RENEWALS = 12
NAMES = TITLES | {
    "gammagamma": "Gamma-Gamma",
    "bgbb": "BG/BB",
    "sbg": "Shifted beta-geometric",
}
BUYING = {"r": "shape of the buying rates' gamma distribution", "alpha": "its rate, a time"}
LEAVING = {
    "a": "first shape of the beta distribution of leaving after a purchase",
    "b": "its second shape",
}
MEANINGS = {
    "bgnbd": BUYING | LEAVING,
    "mbgnbd": BUYING | LEAVING,
    "paretonbd": BUYING | {"s": "shape of the leaving rates' gamma distribution", "beta": "its rate, a time"},
    "gammagamma": {
        "p": "shape of one customer's spends",
        "q": "shape of the distribution of their rates",
        "v": "its rate, in currency units",
    },
    "bgbb": {
        "alpha": "first shape of the beta distribution of buying in a period",
        "beta": "its second shape",
        "gamma": "first shape of the beta distribution of leaving before one",
        "delta": "its second shape",
    },
    "sbg": {
        "alpha": "first shape of the beta distribution of refusing a renewal",
        "beta": "its second shape",
    },
}


def show_fit(told: Fitted, console: Console) -> None:
    """Print the parameters with standard errors, how good they are, and what to know beside them."""
    unit = "" if told.time_unit is None else f", told in {told.time_unit}s"
    question = f"  {told.source}, as of {told.as_of}{unit}"
    console.print()
    console.print(Text.assemble((NAMES[told.model.NAME], "bold"), question))
    for title, body in _fit_sections(told):
        section(console, title, body)
    console.print()


def _fit_sections(told: Fitted) -> Iterator[tuple[str, RenderableType]]:
    yield "Parameters", _parameters(told)
    yield "Fit", _estimation(told)
    if told.renewals:
        yield "Renewals", _renewals(told)
    if told.notes:
        yield "Worth knowing", bullets(f"{note[0].upper()}{note[1:]}" for note in told.notes)


def _parameters(told: Fitted) -> Table:
    table = plain_table()
    table.add_column("", no_wrap=True)
    table.add_column("Estimate", justify="right", no_wrap=True)
    table.add_column("Std. error", justify="right", no_wrap=True)
    table.add_column("")
    errors = told.estimation.standard_errors
    for name, value in told.model.parameters.items():
        error = f"{errors[name]:.4f}" if name in errors else "–"
        meaning = Text(MEANINGS[told.model.NAME][name], style="dim")
        table.add_row(Text(name, style="bold"), f"{value:.4f}", error, meaning)
    return table


def _estimation(told: Fitted) -> RenderableType:
    fit = told.estimation
    rows = [
        ("log-likelihood", f"{fit.log_likelihood:,.4f}"),
        ("customers", f"{round(fit.customers):,}, {fit.distinct:,} of them different"),
        ("by", _by(told)),
    ]
    return Group(pairs(rows))


def _by(told: Fitted) -> str:
    fit = told.estimation
    if fit.prior_strength:
        return prior_told(fit)
    return f"maximum likelihood ({fit.engine}); no prior was needed"


def _renewals(told: Fitted) -> Table:
    """Return how many renewed, beside what the model says; the first of them where they are many."""
    table = plain_table()
    for head in ("Renewal", "Came to it", "Renewed", "Model", "Still there", "Model"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in told.renewals[:SHOWN_RENEWALS]:
        renewed = f"{one.renewed / one.came:.1%}" if one.came else "–"
        shares = (f"{share:.1%}" for share in (one.retention, one.seen_survival, one.survival))
        table.add_row(f"{one.number:,}", f"{one.came:,}", renewed, *shares)
    if len(told.renewals) > SHOWN_RENEWALS:
        table.add_row("…", style="dim")
    return table
