"""Runs and models on the wire."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from serving.overview import Overview
from serving.schemas import PublishedAt, RunId
from serving.store import Run
from serving.wire_score import Answer

__all__ = ["HeldModel", "HeldModels", "RolledBack", "Runs", "StoreUse", "StoredRun", "runs_answer"]


class StoredRun(Answer):
    """A published run that is still kept."""

    run_id: RunId
    as_of: date = Field(
        description="The last local day of history, in the business's zone.", examples=["2026-03-31"]
    )
    horizon_days: int = Field(
        description="The local days that its scores are about, from as_of + 1 on.", examples=[91]
    )
    published_at: PublishedAt
    customers: int = Field(description="How many customers it scored.", examples=[23570])
    model_version: str = Field(description="The model that gave its scores.", examples=["0a1b2c3d4e5f"])
    currency: str = Field(description='ISO 4217 code of its money, "XXX" if unknown.', examples=["JPY"])
    has_behaviour: bool = Field(
        description="Whether the behaviour behind its scores is kept: without it, reasons that were not "
        "stored cannot be computed any more."
    )
    is_current: bool = Field(description="Whether answers are given from it, unless another is asked for.")


class RolledBack(Answer):
    """Why a run is the current one though a later one was published."""

    from_run_id: str = Field(
        description="The run that was current before.", examples=["20260501T033000Z-9c41"]
    )
    at: datetime = Field(description="When, in UTC.", examples=["2026-05-02T08:15:00Z"])
    by: str = Field(description="Who did it.", examples=["nina"])
    why: str = Field(description="What they said; may be empty.", examples=["prices were in yen twice"])


class StoreUse(Answer):
    """The room that the store takes."""

    bytes: int = Field(description="On disk, indexes included.", examples=[73400320])
    free_bytes: int | None = Field(
        description="Of these, what pruned runs left and the next run takes first; null on Postgres.",
        examples=[8388608],
    )


class Runs(Answer):
    """What the store keeps."""

    data: list[StoredRun] = Field(description="The runs, newest first.")
    rolled_back: RolledBack | None = Field(description="Null unless the current run was gone back to.")
    store: StoreUse = Field(description="The room that it takes.")


class HeldModel(Answer):
    """A model in the bundles folder."""

    version: str = Field(description="Twelve hex digits of its content.", examples=["0a1b2c3d4e5f"])
    is_champion: bool = Field(description="Whether the next run is scored with it.")
    is_usable: bool = Field(description="Whether it can be opened; what was altered or lost files cannot.")
    runs: list[str] = Field(
        description="The kept runs whose scores it gave, newest first.", examples=[["20260401T033000Z-7f3a"]]
    )
    method: str | None = Field(description="How it was fitted.", examples=["out of time"])
    as_of: date | None = Field(
        description="The last local day of history that it was fitted for.", examples=["2026-03-31"]
    )
    horizon_days: int | None = Field(
        description="The days that its probabilities and expectations are about.", examples=[91]
    )


class HeldModels(Answer):
    """Every model that the service can explain scores with."""

    data: list[HeldModel] = Field(description="The models: the champion first, then by version.")


def runs_answer(seen: Overview) -> Runs:
    """Put what the store keeps on the wire."""
    moved = seen.rollback
    return Runs(
        data=[_stored(run, is_current=run == seen.current) for run in seen.runs],
        rolled_back=None
        if moved is None
        else RolledBack(
            from_run_id=moved.detail["from"], at=moved.who.at, by=moved.who.name, why=moved.who.why
        ),
        store=StoreUse(bytes=seen.disk.bytes, free_bytes=seen.disk.free_bytes),
    )


def _stored(run: Run, *, is_current: bool) -> StoredRun:
    return StoredRun(**vars(run), is_current=is_current)
