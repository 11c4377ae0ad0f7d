"""What a run did, as one value: the terminal shows it, ``metrics.json`` keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from features.tables import Tables
from joren.data_check import told_of_cancellations
from joren.project import Project
from joren.tracking import Kept
from training.bundle import Bundle
from training.evaluate import Evaluation
from training.metadata import Metadata
from training.tuning import Trial

__all__ = ["Rows", "RunReport", "TrainingReport", "run_report", "score_rows", "training_report"]

ASSUMED = "no margins are recorded and no rate is given: value is counted as revenue × 1.0"


@dataclass(frozen=True)
class Rows:
    """What became of the transaction file's rows: ``read`` = ``accepted`` + ``refused``, exactly.

    Among the accepted, ``after_as_of`` were not looked at, and ``repeated`` say what an earlier row says.
    """

    read: int
    accepted: int
    refused: int
    after_as_of: int
    repeated: int
    refused_by_reason: Mapping[str, int]

    @classmethod
    def of(cls, tables: Tables, as_of: date) -> Rows:
        """Count the transactions' rows; without transactions, the subscriptions'."""
        read = tables.reports[tables.basis]
        after = tables.after(as_of)
        return cls(read.read, read.accepted, read.refused, after, read.repeated, read.refused_by_reason)

    def to_json(self) -> dict[str, int]:
        """Return the counts by name."""
        counts = ("read", "accepted", "refused", "after_as_of", "repeated")
        return {name: getattr(self, name) for name in counts}


@dataclass(frozen=True)
class TrainingReport:
    """What was learned, how good it would have been, and what the registry made of it."""

    metadata: Metadata
    model_version: str
    evaluation: Evaluation | None
    kept: Kept
    rows: Rows
    trials: Sequence[Trial] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON's own types."""
        return {
            "model_version": self.model_version,
            "registered_version": self.kept.version.number,
            "promoted": self.kept.verdict.promoted,
            "why": self.kept.verdict.why,
            "gate": self.kept.verdict.to_json(),
            "trials": [{**asdict(one.hyperparameters), "log_loss": one.log_loss} for one in self.trials],
            "as_of": self.metadata.as_of.isoformat(),
            "horizon_days": self.metadata.horizon_days,
            "rows": self.rows.to_json(),
            "method": {"name": self.metadata.method, "why": self.metadata.why},
            "value_model": self.metadata.value_model,
            "evaluation": self.evaluation.to_json() if self.evaluation else None,
            "notes": list(self.metadata.notes),
        }


@dataclass(frozen=True)
class RunReport:
    """One run: the question, the data, how good the models are, and whom they rank where.

    ``metadata`` and ``model_version`` are of the bundle that gave ``scores``, which have the columns of one
    score, a row a customer. ``evaluation`` is None where nothing could be held out, or nothing was learned.
    """

    run_id: str
    source: str
    as_of: date
    first_day: date | None
    last_day: date | None
    rows: Rows
    metadata: Metadata
    model_version: str
    evaluation: Evaluation | None
    scores: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def horizon_days(self) -> int:
        """The days that the scores are about."""
        return self.metadata.horizon_days

    @property
    def until(self) -> date:
        """The last day of the horizon."""
        return self.as_of + timedelta(days=self.horizon_days)

    def at_risk(self, limit: int) -> pd.DataFrame:
        """Return the first ``limit`` rows of the at-risk list, the most value at risk first."""
        return self.scores.dropna(subset="at_risk_rank").sort_values("at_risk_rank").head(limit)

    def customers_by_status(self) -> dict[str, int]:
        """Return how many customers have which score status, the most frequent first."""
        return {
            str(status): int(count) for status, count in self.scores["score_status"].value_counts().items()
        }

    def to_json(self) -> dict[str, Any]:
        """Return what ``metrics.json`` holds: figures, and nothing of any single customer."""
        return {
            "run_id": self.run_id,
            "as_of": self.as_of.isoformat(),
            "horizon_days": self.horizon_days,
            "zone": self.metadata.zone,
            "currency": self.metadata.currency,
            "seed": self.metadata.seed,
            "data": {
                "first_day": self.first_day and self.first_day.isoformat(),
                "last_day": self.last_day and self.last_day.isoformat(),
            },
            "rows": self.rows.to_json(),
            "refused_by_reason": dict(self.rows.refused_by_reason),
            "customers": {"scored": len(self.scores), "by_status": self.customers_by_status()},
            "method": {"name": self.metadata.method, "why": self.metadata.why},
            "value_model": self.metadata.value_model,
            "evaluation": self.evaluation.to_json() if self.evaluation else None,
            "model_version": self.model_version,
            "notes": list(self.notes),
        }


def run_report(
    project: Project,
    tables: Tables,
    bundle: Bundle,
    evaluation: Evaluation | None,
    scores: pd.DataFrame,
    *,
    kept: Kept | None = None,
) -> RunReport:
    """Put together what a run did."""
    read, basis = tables.reports["transactions"], tables.reports[tables.basis]
    as_of, run_id = scores[["as_of", "run_id"]].iloc[0]
    assumed = [ASSUMED] if scores["margin_assumed"].any() else []
    verdict = [_told(kept, bundle)] if kept else []
    return RunReport(
        run_id=run_id,
        source=project.source_name,
        as_of=as_of,
        first_day=basis.first_day,
        last_day=basis.last_day,
        rows=Rows.of(tables, as_of),
        metadata=bundle.metadata,
        model_version=bundle.version,
        evaluation=evaluation,
        scores=scores,
        notes=(
            *read.notes,
            *told_of_cancellations(tables),
            *_told_of_others(tables),
            *bundle.metadata.notes,
            *assumed,
            *verdict,
        ),
    )


def _told_of_others(tables: Tables) -> Iterator[str]:
    """Say what became of the rows of the optional tables, where it is worth knowing."""
    for name in tables.optional:
        read = tables.reports[name]
        yield from (f"{name}: {note}" for note in read.notes)
        if read.refused:
            reasons = ", ".join(
                f"{rows:,} {reason.replace('_', ' ')}" for reason, rows in read.refused_by_reason.items()
            )
            yield f"{name}: {read.refused:,} of {read.read:,} rows are refused: {reasons}"


def training_report(
    tables: Tables,
    bundle: Bundle,
    evaluation: Evaluation | None,
    kept: Kept,
    trials: Sequence[Trial] = (),
) -> TrainingReport:
    """Put together what was learned; ``trials`` of hyperparameters, the best first."""
    rows = Rows.of(tables, bundle.metadata.as_of)
    return TrainingReport(bundle.metadata, bundle.version, evaluation, kept, rows, trials)


def score_rows(scores: pd.DataFrame) -> list[dict[str, Any]]:
    """Return score rows as JSON's own types: days as ISO text, what is missing as None."""
    frame = scores.astype(object).where(scores.notna(), None)
    return [{str(name): _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:  # noqa: ANN401  # any cell of a frame
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, np.ndarray) else value


def _told(kept: Kept, bundle: Bundle) -> str:
    """Say which model gave the scores, and what became of the new one."""
    number, reason = kept.version.number, kept.verdict.why
    if kept.verdict.promoted:
        return f"version {number} is the champion from now on ({bundle.version}): {reason}"
    return f"the champion stays ({bundle.version}); version {number}: {reason}"
