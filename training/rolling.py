"""A backtest: the past rolled over, moment by moment, each judged as if it had been today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, timedelta

import pandas as pd

from features.segments import segment
from features.tables import Tables
from training.backtest import tried_at
from training.backtested import Backtest, Judged, Plan
from training.config import TrainingConfig
from training.errors import NotEnoughDataError
from training.evaluate import FEWEST_CUSTOMERS, FEWEST_OF_EACH, OURS
from training.panel import Method, days_known, disjoint_moments, lead_days, method_for, past_moments
from training.peers import BASE_RATE, base_rate, peer_moments, peers_at
from training.policy import Policy
from training.snapshots import Snapshots
from training.soundness import Finding, findings

__all__ = ["plan", "roll"]

MOST_MOMENTS = 6
ENOUGH_MOMENTS = 3
SHARED_ROWS = 2_000_000

Step = Callable[[str], AbstractContextManager[None]]


def plan(
    days: Sequence[date], config: TrainingConfig, *, moments: int | None = None, step_days: int | None = None
) -> Plan:
    """Choose the moments of a backtest on the history ``days``, ascending.

    A horizon apart, so that no outcome is judged twice, and six at the most; where that gives fewer than
    three, a third of a horizon apart. Each has a horizon of known outcomes before it, so that a churn model
    could be learned; where none has, half a horizon of history is made do with. ``moments`` and
    ``step_days``: as many, and as far apart, in place of that. Raises ``NotEnoughDataError`` where no moment
    is left.
    """
    horizon, most = config.horizon_days, moments or MOST_MOMENTS
    if step_days is not None:
        spaced, step = _every(step_days, days, horizon), step_days
    else:
        spaced, step = disjoint_moments(days, horizon), horizon
        if len(_learnable(spaced, days, horizon)) < min(ENOUGH_MOMENTS, most):
            every = replace(config, max_moments=len(days))
            spaced, step = past_moments(days, every), max(round(horizon / 3), 1)
    chosen = _learnable(spaced, days, horizon)
    why = f"{step} days apart, each with {horizon} days of known outcomes before it"
    why_ja = f"{step}日ごと。どの時点にもその前に結果の分かる{horizon}日間がある"
    if not chosen:
        earliest = days[0] + timedelta(days=lead_days(horizon))
        chosen = [moment for moment in spaced if moment >= earliest]
        why = f"{step} days apart; before none of them a horizon of {horizon} days was over"
        why_ja = f"{step}日ごと。どの時点にも、その前に終わった{horizon}日間がない"
    if not chosen:
        raise _too_short(days, horizon)
    return Plan(tuple(chosen[:most]), step, why, why_ja)


def roll(
    tables: Tables, as_of: date, config: TrainingConfig, policy: Policy, *, asked: Plan, step: Step
) -> Backtest:
    """Judge every moment of ``asked`` by what is known at ``as_of``; ``step`` is told which one is at hand.

    Raises ``NotEnoughDataError`` where too few customers stood at every moment, or left, or stayed.
    """
    snapshots = Snapshots.of(tables, as_of, config)
    with step("Building the behaviour tables of the past"):
        share_them = _build(snapshots, as_of, config, asked)
    judged, passed_over = [], {}
    for moment in asked.moments:
        with step(f"Judging {moment}"):
            seen = snapshots if share_them else snapshots.anew()
            told = _judge(seen, moment, config, policy, known_by=as_of)
        if isinstance(told, str):
            passed_over[moment] = told
        else:
            judged.append(told)
    if not judged:
        raise _too_few(passed_over)
    newest_end = judged[0].evaluation.moment + timedelta(days=config.horizon_days)
    with step("Drawing customers anew"):
        return Backtest.of(
            judged,
            as_of=as_of,
            asked=asked,
            passed_over=passed_over,
            findings=[
                *_drawn(snapshots),
                *findings(tables, as_of, snapshots.behaviour(as_of), newest_end),
            ],
            seed=config.seed,
        )


def _drawn(snapshots: Snapshots) -> list[Finding]:
    if snapshots.draw is None:
        return []
    return [Finding("drawn", f"{snapshots.draw.told()}.", f"{snapshots.draw.told('ja')}。")]


def _judge(
    snapshots: Snapshots, moment: date, config: TrainingConfig, policy: Policy, *, known_by: date
) -> Judged | str:
    """Judge one moment, the peers beside; or say why it tells nothing."""
    customers = len(snapshots.behaviour(moment))
    if customers < FEWEST_CUSTOMERS:
        return f"{customers} customers"
    own, bundle = tried_at(snapshots, moment, config, policy, known_by=known_by)
    truth = own.predictions
    left = int(truth["churned"].sum())
    if min(left, len(truth) - left) < FEWEST_OF_EACH:
        return f"{left} of {len(truth)} left"
    if OURS not in own.metrics:
        return bundle.metadata.why
    peers = peers_at(snapshots, moment, config)
    evaluation = own.beside({**peers, BASE_RATE: base_rate(truth)})
    behaviour = snapshots.behaviour(moment)
    segments = segment(behaviour["days_since_last_order"], behaviour["orders"], snapshots.reference(moment))
    return Judged(evaluation, bundle.metadata.method, pd.Series(segments, truth.index))


def _build(snapshots: Snapshots, as_of: date, config: TrainingConfig, asked: Plan) -> bool:
    """Build all the tables that fits and trials will look at, by one query; whether they fit in memory."""
    tables = snapshots.tables
    known = days_known(tables, as_of, config.horizon_days)
    wanted = Counter[date]()
    for moment in asked.moments:
        days = [day for day in known if day <= moment]
        wanted.update([moment, *past_moments(days, config), *peer_moments(days, config.horizon_days)])
    customers = len(snapshots.behaviour(as_of))
    if customers * len(wanted) > SHARED_ROWS:
        return False
    snapshots.build(wanted)
    return True


def _learnable(moments: Sequence[date], days: Sequence[date], horizon_days: int) -> list[date]:
    return [
        moment
        for moment in moments
        if method_for(days[0], moment, horizon_days) in (Method.OUT_OF_TIME, Method.CROSS_FITTED)
    ]


def _every(step_days: int, days: Sequence[date], horizon_days: int) -> list[date]:
    newest = days[-1] - timedelta(days=horizon_days)
    count = max((newest - days[0]).days // step_days + 1, 0)
    return [newest - timedelta(days=k * step_days) for k in range(count)]


def _too_short(days: Sequence[date], horizon_days: int) -> NotEnoughDataError:
    there, needed = (days[-1] - days[0]).days + 1, lead_days(horizon_days) + horizon_days + 1
    longest = max((there - 1 - lead_days(1)), 0)
    longest = next((h for h in range(longest, 0, -1) if lead_days(h) + h + 1 <= there), 0)
    return NotEnoughDataError(
        f"The history of {there:,} days is too short for a backtest over {horizon_days} days.",
        which=[f"{needed:,} days are needed: {needed - there:,} are missing"],
        mend=f"Ask with --horizon-days {longest} or less, or load more of the past."
        if longest
        else "Load more of the past.",
    )


def _too_few(passed_over: Mapping[date, str]) -> NotEnoughDataError:
    return NotEnoughDataError(
        "At no moment of the past are there customers enough to judge a forecast by.",
        which=[f"{moment}: {told}" for moment, told in passed_over.items()],
        mend=f"{FEWEST_CUSTOMERS} customers are needed, and {FEWEST_OF_EACH} of them who left, "
        f"{FEWEST_OF_EACH} who stayed: load more of the past, or ask over another horizon.",
    )
