"""Joren against what a user would pick instead, out of time, on public and made-up shops: trials of method.

    python -m benchmarks.quality
    python -m benchmarks.quality --only "grocer 28" --only "CDNOW 1998-03-31 91"
    python -m benchmarks.quality --transactions orders.parquet --moment 2011-06-01 --horizon-days 60
    python -m benchmarks.quality --script ../shared/tools/peers.py

Without a file: CDNOW, from the lifetimes package, and the kinds of `benchmarks.kinds`. With one (customer_id,
timestamp, amount): that one alone. The peers are Joren's own, or those of a script that has the functions of
the one named above: the recency rule, lifetimes' BG/NBD with Gamma-Gamma, and XGBoost on one or three
snapshots. Each is fitted on what was known at the moment and judged on what came
after. The table holds, for each set, Joren's figure and its distance from the best peer's; the last line is
JSON: geometric means of the ratios of losses, mean differences of AUC and Gini, and where Joren is worse than
the best peer by more than two standard errors of the paired difference.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.kinds import FIRST_DAY, KINDS, made_up
from benchmarks.scripted import scripted_peers
from features.sources import tables_from_frame
from joren.example import CDNOW_COLUMNS, cdnow_rows
from training.backtest import tried_at
from training.config import TrainingConfig
from training.evaluate import OURS, Evaluation
from training.metrics import METRICS
from training.peers import PEERS, peers_at
from training.policy import Policy
from training.snapshots import Snapshots

LOSSES = ("log_loss", "deviance_revenue", "deviance_orders")
GAINS = ("auc", "gini")
MEASURED = (*GAINS, *LOSSES)
CALIBRATED = 0.05
TWO = 2.0
CDNOW = [("1998-03-31", 91), ("1997-12-31", 91), ("1997-12-31", 180), ("1997-09-01", 180)]
HORIZONS = {
    "grocer": (28, 91),
    "corner shop": (28, 91),
    "gift shop": (91, 182),
    "fashion": (60, 182),
    "hotel": (182, 364),
    "one cohort": (91, 182),
}


class Case(NamedTuple):
    """One trial: a set of transactions, the moment, and the days that are forecast."""

    name: str
    rows: Callable[[], pd.DataFrame]
    moment: date
    horizon_days: int


def cdnow() -> pd.DataFrame:
    """Return CDNOW's purchases."""
    return pd.DataFrame(cdnow_rows(), columns=list(CDNOW_COLUMNS)).assign(
        timestamp=lambda rows: pd.to_datetime(rows["timestamp"]),
        amount=lambda rows: rows["amount"].astype(float),
    )


def cases() -> Iterator[Case]:
    """Return the public and the made-up sets."""
    for day, horizon_days in CDNOW:
        yield Case(f"CDNOW {day} {horizon_days}", cdnow, date.fromisoformat(day), horizon_days)
    for name, horizons in HORIZONS.items():
        kind = KINDS[name]
        for horizon_days in horizons:
            moment = FIRST_DAY + timedelta(days=kind.days - 1 - horizon_days)
            yield Case(f"{name} {horizon_days}", partial(made_up, kind), moment, horizon_days)


def judged(case: Case, script: Path | None = None) -> tuple[Evaluation, tuple[str, ...]]:
    """Return Joren beside its peers, all fitted on what was known at the moment, and the peers' names.

    ``script``: whose peers they are, in place of Joren's own.
    """
    rows = case.rows()
    snapshots, config = Snapshots(tables_from_frame(rows)), TrainingConfig(case.horizon_days)
    known_by = rows["timestamp"].max().date()
    ours, _ = tried_at(snapshots, case.moment, config, Policy(), known_by=known_by)
    if script is None:
        return ours.beside(peers_at(snapshots, case.moment, config)), PEERS
    customers = [str(customer) for customer in ours.predictions.index]
    theirs = scripted_peers(script, rows, case.moment, case.horizon_days, customers)
    return ours.beside(theirs), tuple(theirs)


def best_peer(evaluation: Evaluation, peers: tuple[str, ...], metric: str) -> str:
    """Return the one of ``peers`` that is best by ``metric``."""
    judged_by = {peer: evaluation.metrics.get(peer, {}) for peer in peers}
    there = {peer: figures[metric] for peer, figures in judged_by.items() if metric in figures}
    return (max if METRICS[metric].better == "higher" else min)(there, key=lambda peer: there[peer])


def row_of(evaluation: Evaluation, peers: tuple[str, ...]) -> dict[str, float]:
    """Return Joren's figures, their differences from the best peer's, and those in standard errors."""
    row = {"ece": evaluation.metrics[OURS]["ece"]}
    for metric in MEASURED:
        peer = best_peer(evaluation, peers, metric)
        row[metric] = evaluation.metrics[OURS][metric]
        row[f"{metric} peer"] = evaluation.metrics[peer][metric]
        told = evaluation.compare(OURS, peer, metric)
        worse = told.difference if metric in LOSSES else -told.difference
        row[f"{metric} worse, s.e."] = worse / told.standard_error
    return row


def told(table: pd.DataFrame) -> dict[str, object]:
    """Return the bar's figures over all sets."""
    ratios = {name: float(np.exp(np.log(table[name] / table[f"{name} peer"]).mean())) for name in LOSSES}
    gains = {name: float((table[name] - table[f"{name} peer"]).mean()) for name in GAINS}
    worse = [
        f"{case}: {name}"
        for name in MEASURED
        for case in table.index[table[f"{name} worse, s.e."] > TWO].to_list()
    ]
    calibrated = int((table["ece"] <= CALIBRATED).sum())
    return {"sets": len(table), "ratios": ratios, "gains": gains, "ece_within": calibrated, "worse": worse}


def main(arguments: list[str] | None = None) -> int:
    """Judge every set that is asked for, and print the table; exit code 3 where a set is worse."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", metavar="SET", help="a set by its name; may be repeated")
    parser.add_argument("--transactions", type=Path, metavar="FILE", help="a Parquet file")
    parser.add_argument("--moment", type=date.fromisoformat)
    parser.add_argument("--horizon-days", type=int)
    parser.add_argument("--script", type=Path, metavar="FILE", help="whose peers to be held against")
    asked = parser.parse_args(arguments)
    chosen = [case for case in cases() if not asked.only or case.name in asked.only]
    if asked.transactions is not None:
        name = f"{asked.transactions.stem} {asked.moment} {asked.horizon_days}"
        columns = ["customer_id", "timestamp", "amount"]
        read = partial(pd.read_parquet, asked.transactions, columns=columns)
        chosen = [Case(name, read, asked.moment, asked.horizon_days)]
    rows = {}
    for case in chosen:
        rows[case.name] = row_of(*judged(case, asked.script))
        print(case.name, {name: round(value, 4) for name, value in rows[case.name].items()}, flush=True)
    table = pd.DataFrame(rows).T
    print(table.round(3).to_string())
    found = told(table)
    print(json.dumps(found))
    return 3 if found["worse"] else 0


if __name__ == "__main__":
    sys.exit(main())
