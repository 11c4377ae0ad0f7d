"""Which purchase model a shop's customers follow: the candidates, judged on stretches that were held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self

import numpy as np

from features.tables import Tables
from training.acquisition import acquisition_of
from training.arrivals import Arrivals
from training.models.glm import Array
from training.models.value import FAMILIES, TITLES
from training.season import Season
from training.seasonality import rhythm_at
from training.stretches import Stretch, held_out, held_out_windows
from training.trial import Trial, tried

__all__ = ["Candidate", "Choice", "HeldOut", "choose"]

NOTHING_HELD_OUT = "the history is too short to hold anything out"
BY_CONTRACT = "sBG on the months that contracts lasted, as customers leave by ending them"
NOTHING_CONVERGED = "no candidate could be fitted on what is known before a held-out stretch"


@dataclass(frozen=True)
class Candidate:
    """A purchase model (with Gamma-Gamma for value), over all held-out stretches; None: not known.

    ``log_likelihood``: of the customers' purchase counts, in nats. ``tracking_error``: mean distance of the
    predicted from the seen cumulative purchases, over the purchases of the stretch. ``gini``: predicted
    against actual revenue. ``bias``: predicted over actual purchases, less 1. ``coverage_80_…``: the share of
    customers within their 80 % intervals. ``weight``: its share in the answer. ``note``: why it could not be
    fitted.
    """

    name: str
    log_likelihood: float | None = None
    tracking_error: float | None = None
    gini: float | None = None
    bias: float | None = None
    coverage_80_purchases: float | None = None
    coverage_80_value: float | None = None
    weight: float = 0.0
    note: str = ""

    @property
    def title(self) -> str:
        """The name as the field writes it."""
        return TITLES[self.name]


@dataclass(frozen=True)
class HeldOut:
    """One stretch: its days, both ends within, the ``season`` they lie in, and how the picked model did."""

    first_day: date
    last_day: date
    season: str
    customers: int
    purchases: int
    tracking_error: float
    bias: float


@dataclass(frozen=True)
class Choice:
    """The picked model, why, and the whole table that it was picked by.

    ``moment``: the day before the newest stretch; None where nothing was held out. ``horizon_days``: the days
    of a stretch. ``held_out``: newest first. ``season``: the year's rhythm that goes with the model, None
    where none is known. ``notes``: what the history cannot tell.
    """

    picked: str
    why: str
    moment: date | None
    horizon_days: int
    candidates: tuple[Candidate, ...]
    held_out: tuple[HeldOut, ...] = ()
    season: Season | None = None
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The picked model's name, as the field writes it."""
        return TITLES[self.picked]

    def settled_on(self, name: str) -> Self:
        """Return the choice with ``name`` in the picked model's place, which did not settle on all data."""
        if name == self.picked:
            return self
        why = f"{TITLES[name]}: {self.title} was picked, and did not settle on all of the data"
        candidates = (replace(one, weight=float(one.name == name)) for one in self.candidates)
        return replace(self, picked=name, why=why, candidates=tuple(candidates))

    @property
    def worst(self) -> HeldOut | None:
        """The stretch whose total was missed by most."""
        return max(self.held_out, key=lambda stretch: abs(stretch.bias), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return it ready for JSON: days as ISO text."""
        told = asdict(self)
        told["moment"] = self.moment and self.moment.isoformat()
        for stretch in told["held_out"]:
            stretch.update({name: stretch[name].isoformat() for name in ("first_day", "last_day")})
        return told

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Self:
        """Read what ``to_dict`` gave."""
        days = ("first_day", "last_day")
        return cls(
            picked=kept["picked"],
            why=kept["why"],
            moment=kept["moment"] and date.fromisoformat(kept["moment"]),
            horizon_days=kept["horizon_days"],
            candidates=tuple(Candidate(**candidate) for candidate in kept["candidates"]),
            held_out=tuple(
                HeldOut(**stretch | {name: date.fromisoformat(stretch[name]) for name in days})
                for stretch in kept["held_out"]
            ),
            season=kept["season"] and Season(tuple(kept["season"]["months"])),
            notes=tuple(kept["notes"]),
        )


def choose(tables: Tables, as_of: date, horizon_days: int, *, part: Tables | None = None) -> Choice:
    """Judge the candidates on stretches that ended by ``as_of``, each fitted on what was known before it.

    The simplest is picked whose log-likelihood of the held-out purchase counts is within one standard error
    of the best (Breiman, Friedman, Olshen & Stone 1984, section 3.4.3); BG/NBD counts as the simplest,
    Pareto/NBD as the least. Nothing that became known after ``as_of`` is looked at. With a contract there is
    nothing to pick. ``part``: the rows of the customers to judge on, where that is not everybody.
    """
    if tables.contract:
        return Choice("sbg", BY_CONTRACT, None, horizon_days, ())
    first_day, last_day = tables.first_day(as_of) or as_of, tables.last_day(as_of) or as_of
    windows = held_out_windows(first_day, last_day, horizon_days)
    stretches = held_out(part or tables, windows, first_day=first_day, known_by=as_of)
    arrivals = Arrivals.of(tables, first_day, as_of)
    rhythm = rhythm_at(tables, arrivals, as_of)
    notes = tuple(note for note in (acquisition_of(arrivals).note, rhythm.note) if note)
    return replace(_judged(stretches, horizon_days), season=rhythm.season, notes=notes)


def _judged(stretches: Sequence[Stretch], horizon_days: int) -> Choice:
    if not stretches:
        return _by_default(NOTHING_HELD_OUT, horizon_days, {})
    trials, failures = {}, {}
    for name, family in FAMILIES.items():
        told = tried(family, stretches)
        if isinstance(told, str):
            failures[name] = told
        else:
            trials[name] = told
    if not trials:
        return _by_default(NOTHING_CONVERGED, horizon_days, failures)
    picked, why = _pick(trials)
    candidates = (
        Candidate(name, note=failures[name])
        if name in failures
        else _candidate(name, trials[name], picked=name == picked)
        for name in FAMILIES
    )
    return Choice(
        picked=picked,
        why=why,
        moment=stretches[0].window.as_of,
        horizon_days=stretches[0].window.horizon_days,
        candidates=tuple(candidates),
        held_out=tuple(
            _told(stretch, trial) for stretch, trial in zip(stretches, trials[picked], strict=True)
        ),
    )


def _by_default(why: str, horizon_days: int, failures: dict[str, str]) -> Choice:
    picked = next(iter(FAMILIES))
    candidates = tuple(
        Candidate(name, weight=float(name == picked), note=failures.get(name, "")) for name in FAMILIES
    )
    return Choice(picked, f"{TITLES[picked]} by default: {why}", None, horizon_days, candidates)


def _pick(trials: dict[str, list[Trial]]) -> tuple[str, str]:
    """Return the simplest candidate within a standard error of the best, and why, in a sentence."""
    best = max(trials, key=lambda name: sum(trial.log_likelihood for trial in trials[name]))
    for name, tried_here in trials.items():
        if name == best:
            break
        behind, error = _behind(trials[best], tried_here)
        if behind <= error:
            return name, (
                f"{TITLES[name]} is the simplest within a standard error of the best, {TITLES[best]}: "
                f"{behind:.1f} nats behind over all held-out customers, standard error {error:.1f}"
            )
    return best, f"{TITLES[best]} gives the held-out purchases the highest probability"


def _behind(best: Sequence[Trial], other: Sequence[Trial]) -> tuple[float, float]:
    """Return by how many nats ``other`` is behind, and the standard error of that.

    Customers of one stretch share a season, so where there are several stretches, how much it differs from
    one to the next counts as well; the larger of the two errors stands.
    """
    each: list[Array] = [a.log_likelihoods - b.log_likelihoods for a, b in zip(best, other, strict=True)]
    customers = np.concatenate(each)
    totals = np.array([stretch.sum() for stretch in each])
    by_customer = customers.std() * np.sqrt(customers.size)
    by_stretch = totals.std(ddof=1) * np.sqrt(totals.size) if totals.size > 1 else 0.0
    return float(customers.sum()), float(max(by_customer, by_stretch))


def _candidate(name: str, trials: Sequence[Trial], *, picked: bool) -> Candidate:
    """Return the figures over all stretches: sums of log-likelihoods, and means over customers else."""
    customers = np.array([trial.log_likelihoods.size for trial in trials], dtype=np.float64)

    def mean(figure: str) -> float | None:
        figures = np.array([getattr(trial, figure) for trial in trials])
        known = np.isfinite(figures)
        return float(np.average(figures[known], weights=customers[known])) if known.any() else None

    return Candidate(
        name,
        log_likelihood=sum(trial.log_likelihood for trial in trials),
        tracking_error=mean("tracking_error"),
        gini=mean("gini"),
        bias=mean("bias"),
        coverage_80_purchases=mean("coverage_80_purchases"),
        coverage_80_value=mean("coverage_80_value"),
        weight=float(picked),
    )


def _told(stretch: Stretch, trial: Trial) -> HeldOut:
    window = stretch.window
    return HeldOut(
        first_day=window.outcome_start,
        last_day=window.outcome_end,
        season=_season(window.outcome_start, window.outcome_end),
        customers=len(stretch.customers),
        purchases=int(stretch.orders.sum()),
        tracking_error=trial.tracking_error,
        bias=trial.bias,
    )


def _season(first_day: date, last_day: date) -> str:
    """Return the quarters of the year that the days lie in.

    >>> _season(date(1997, 10, 2), date(1998, 1, 3))
    'Q4 1997 to Q1 1998'
    """
    first, last = (f"Q{(day.month + 2) // 3} {day.year}" for day in (first_day, last_day))
    return first if first == last else f"{first} to {last}"
