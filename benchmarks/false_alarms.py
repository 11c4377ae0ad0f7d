"""How often the monitoring cries wolf: made-up shops in which nothing changes but customers, season and age.

Each shop is looked at every four weeks of its life, as if a model had been trained that day, 28 and 84 days
earlier. Any alert is a false one.

    python -m benchmarks.false_alarms --shops 4 --customers 1000
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from features.categories import category_counts
from features.reference import references_at
from features.simulation import World
from features.sources import read_tables
from features.table import behaviour_panel
from features.tables import Tables
from joren.project import load_project
from joren.simulated_shop import write_simulated_shop
from training.against_training import Year, category_drift, feature_drift
from training.drift import Verdict
from training.frames import frame_of_arrow
from training.limits import Limits
from training.profile import Profile

STEP = timedelta(days=28)
HORIZON, YEAR = 3 * STEP, 13 * STEP
MOMENTS = 12
SINCE_TRAINING = (0 * STEP, STEP, 3 * STEP)
ALARMS = (Verdict.MOVED, Verdict.MISSING)
LIMITS = Limits()


def main() -> None:
    """Print each false alert's name and how often it came, and end with one JSON line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--shops", type=int, default=4)
    arguments.add_argument("--customers", type=int, default=1000)
    asked = arguments.parse_args()
    reports, alarmed, names, verdicts = 0, 0, Counter[str](), Counter[str]()
    for seed in range(asked.shops):
        with tempfile.TemporaryDirectory() as folder:
            write_simulated_shop(Path(folder), World(asked.customers, seed))
            tables = read_tables(load_project(Path(folder)).data)
            for found in _reports(tables, World(asked.customers, seed).as_of):
                reports += 1
                alarms = [name for name, verdict in found.items() if verdict in ALARMS]
                alarmed += bool(alarms)
                names.update(alarms)
                verdicts.update(verdict.value for verdict in found.values())
    for name, count in names.most_common():
        print(f"{count:5}  {name}")
    print(json.dumps({"reports": reports, "with_alarm": alarmed, "verdicts": dict(verdicts.most_common())}))


def _reports(tables: Tables, last: date) -> Iterator[dict[str, Verdict]]:
    """Yield the verdicts of each look at a shop: at every moment with six moments of training before it."""
    first = tables.first_day(last) or last
    moments = [last - k * STEP for k in range((last - first).days // STEP.days - 1)][::-1]
    panel = frame_of_arrow(behaviour_panel(tables, references_at(tables, moments)))
    by_moment = {moment.date(): rows for moment, rows in panel.groupby("as_of")}
    for now in moments:
        for since in SINCE_TRAINING:
            newest = now - since - HORIZON
            trained_on = [moment for moment in moments if moment <= newest][-MOMENTS:]
            if len(trained_on) >= MOMENTS // 2:
                yield _verdicts(tables, by_moment, trained_on, now)


def _verdicts(
    tables: Tables, by_moment: dict[date, pd.DataFrame], trained_on: list[date], now: date
) -> dict[str, Verdict]:
    first, newest = tables.first_day(now) or now, trained_on[-1]
    profile = Profile.of(pd.concat([by_moment[moment] for moment in trained_on]), None)
    before = by_moment.get(now - YEAR)
    features, _ = feature_drift(
        profile,
        by_moment[now],
        None if before is None else Year(before, by_moment[newest]),
        as_of=now,
        first_day=first,
        limits=LIMITS,
    )
    past = [newest + HORIZON - k * HORIZON for k in range(1, 6)]
    days = [now, *(now - YEAR for _ in range(before is not None)), *(d for d in past if d - HORIZON >= first)]
    counts = category_counts(tables, [(d - HORIZON + timedelta(1), d) for d in days], known_by=now)
    categories, new = category_drift(counts, days, has_year_before=before is not None, limits=LIMITS)
    found = {one.name: one.verdict for one in (*features, *categories)}
    return found | {f"{one.column} = {one.category}": Verdict.MOVED for one in new}


if __name__ == "__main__":
    main()
