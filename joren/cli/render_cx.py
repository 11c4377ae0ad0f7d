"""The customers' experience on the terminal: every figure with its interval and the size of its sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from features.cx import Experience
from features.cx.answers import Answers
from features.cx.churn import Cohort, PeriodRate
from features.cx.figures import Figure
from features.cx.support import Hours, Support
from joren.cli.layout import bullets, pairs, plain_table, section

__all__ = ["show_experience"]

SHOWN_MONTHS, SHOWN_COHORTS = 12, 12
NOTHING = Text("–", style="dim")
NAMES = {
    "nps": ("NPS", "% of 9–10 less % of 0–6"),
    "csat": ("CSAT", "% of 4–5 on 1–5"),
    "ces": ("CES", "mean on 1–7"),
}


def show_experience(found: Experience, console: Console) -> None:
    """Print the figures, made for 80 columns: the last twelve months and cohorts of them."""
    console.print()
    console.print(Text.assemble(("Joren", "bold"), f"  as of {found.as_of}, with 95 % intervals"))
    for title, body in _sections(found, console.width):
        section(console, title, body)
    console.print()


def _sections(found: Experience, width: int) -> Iterator[tuple[str, RenderableType]]:
    if found.answers:
        yield "What customers say", _answers(found.answers)
    yield f"Do they stay (a customer bought within {found.activity_days} days)", _staying(found)
    if found.answers_by_month:
        yield "What they said, month by month (answers)", _answers_by_month(found.answers_by_month)
    if found.cohorts:
        yield "Of those who first bought in a month, buyers 0, 1, 2 … months later", _cohorts(found, width)
    if found.support:
        yield "How support answers", _support(found.support)
    said = "answers of those in it now; " if found.answers else ""
    yield f"By segment ({said}left: of those in it {found.activity_days} days ago)", _segments(found)
    if found.missing:
        yield "Not there", pairs((name.replace("_", " "), why) for name, why in found.missing.items())


def _answers(answers: Mapping[str, Answers]) -> Table:
    table = _table("", "Figure", "Interval", "Mean", "Answers", "Asked", "Is")
    for kind, (name, meaning) in NAMES.items():
        if (one := answers.get(kind)) and one.figure and one.mean:
            decimals = 2 if kind == "ces" else 1
            table.add_row(
                Text(name, style="bold"),
                f"{one.figure.value:.{decimals}f}",
                _interval(one.figure, decimals),
                f"{one.mean.value:.2f}",
                f"{one.figure.n:,}",
                f"{one.asked:,}",
                Text(meaning, style="dim"),
            )
    return table


def _staying(found: Experience) -> RenderableType:
    told = [rate for rate in found.churn if rate.covered][-SHOWN_MONTHS:]
    contract = {rate.period: rate for rate in found.subscription_churn or ()}
    parts: list[RenderableType] = []
    if told:
        heads = ("Month", "Customers", "Churn", "Interval", "Retained")
        table = _table(*heads, *(["Subscribers", "Churn"] if contract else []))
        for rate in told:
            subscribed = contract.get(rate.period)
            cells = [f"{subscribed.churned.n:,}", _share(subscribed.churned)] if subscribed else ["", ""]
            table.add_row(rate.period.name, *_rate(rate), *(cells if contract else []))
        parts.append(table)
    else:
        parts.append(
            bullets(
                [f"the data do not reach {found.activity_days} days back from any month: see --activity-days"]
            )
        )
    if found.repeat:
        share = f"{_share(found.repeat)} ({_interval(found.repeat, 1, 100)}) of {found.repeat.n:,} customers"
        parts.append(pairs([("bought on a second day", share)]))
    return Group(*parts)


def _rate(rate: PeriodRate) -> Sequence[str]:
    churned = rate.churned
    return f"{churned.n:,}", _share(churned), _interval(churned, 1, 100), f"{1 - churned.value:.1%}"


def _answers_by_month(by_month: Mapping[str, Mapping[str, Answers]]) -> Table:
    table = _table("Month", *(name for name, _ in NAMES.values()))
    for month, answers in list(by_month.items())[-SHOWN_MONTHS:]:
        table.add_row(month, *_three(answers, _with_spread))
    return table


def _cohorts(found: Experience, width: int) -> Table:
    shown: Sequence[Cohort] = found.cohorts[-SHOWN_COHORTS:]
    ages = min(max(len(cohort.buyers) for cohort in shown), max(1, (width - 22) // 6))
    table = _table("Month", "Customers", *(str(age) for age in range(ages)))
    for cohort in shown:
        shares = [f"{buyers / cohort.customers:.0%}" for buyers in cohort.buyers[:ages]]
        table.add_row(cohort.month, f"{cohort.customers:,}", *shares)
    return table


def _support(support: Support) -> Table:
    rows = [("tickets", f"{support.tickets:,}")]
    if support.answered:
        rows.append(("answered", f"{_share(support.answered)} ({_interval(support.answered, 1, 100)})"))
    for name, hours in (("first answer", support.first_response), ("closed", support.resolution)):
        if hours:
            rows.append((f"{name} after", _hours(hours)))
    if support.reopened:
        n = f"of {support.reopened.n:,} closed"
        rows.append(
            ("opened again", f"{_share(support.reopened)} ({_interval(support.reopened, 1, 100)}) {n}")
        )
    return pairs(rows)


def _segments(found: Experience) -> Table:
    names = [name for name, _ in NAMES.values()] if found.answers else []
    table = _table("Segment", "Customers", *names, "Left")
    for name, part in found.by_segment.items():
        said = _three(part.answers, _plain) if found.answers else []
        left = part.churned
        gone = f"{_share(left.churned)} of {left.churned.n:,}" if left and left.covered else NOTHING
        table.add_row(name, f"{part.customers:,}", *said, gone)
    return table


def _three(answers: Mapping[str, Answers], told: Callable[[Figure, int], str]) -> list[str | Text]:
    """Return NPS, CSAT and CES as ``told`` says them, with so many decimals."""
    figures = {kind: answers[kind].figure if kind in answers else None for kind in NAMES}
    return [
        told(figure, 2 if kind == "ces" else 0) if figure else NOTHING for kind, figure in figures.items()
    ]


def _plain(figure: Figure, decimals: int) -> str:
    return f"{figure.value:.{decimals}f} ({figure.n:,})"


def _with_spread(figure: Figure, decimals: int) -> str:
    """Return the figure and the interval's longer arm."""
    if figure.low is None or figure.high is None:
        return _plain(figure, decimals)
    reach = max(figure.value - figure.low, figure.high - figure.value)
    return f"{figure.value:.{decimals}f} ± {reach:.{decimals}f} ({figure.n:,})"


def _table(first: str, *heads: str) -> Table:
    table = plain_table()
    table.add_column(first, no_wrap=True)
    for head in heads:
        table.add_column(head, justify="left" if head == "Is" else "right", no_wrap=True)
    return table


def _share(figure: Figure) -> str:
    return f"{figure.value:.1%}"


def _interval(figure: Figure, decimals: int, scale: float = 1) -> str:
    if figure.low is None or figure.high is None:
        return "–"
    return f"{scale * figure.low:.{decimals}f} – {scale * figure.high:.{decimals}f}"


def _hours(hours: Hours) -> str:
    return f"{hours.median:.1f} h (median), {hours.p90:.1f} h (nine of ten), of {hours.n:,}"
