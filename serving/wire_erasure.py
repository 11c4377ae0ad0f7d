"""The receipt of an erasure on the wire."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from serving.erasure import NOT_COVERED, Receipt
from serving.wire_score import Answer

__all__ = ["ErasedFromRun", "ErasureReceipt", "receipt_answer"]

COVERED = "; ".join(NOT_COVERED)


class ErasedFromRun(Answer):
    """What one run held of the customer."""

    run_id: str = Field(description="The run.", examples=["20260401T033000Z-7f3a"])
    rows: dict[str, int] = Field(
        description="How many rows were removed, by table.",
        examples=[{"scores": 1, "behaviour": 1, "customer_attributes": 2}],
    )


class ErasureReceipt(Answer):
    """Proof of an erasure, to be kept: the id itself stands nowhere in it."""

    erasure_id: str = Field(
        description="Names the entry of the audit log.", examples=["erase_9f2c41d07ab35e18"]
    )
    erased_at: datetime = Field(description="When, in UTC.", examples=["2026-04-02T09:00:00Z"])
    erased_by: str = Field(description="The prefix of the key that asked for it.", examples=["k3v7a2bqxd"])
    pseudonym: str = Field(
        description="The id's HMAC-SHA256 under a secret of the store, in hex: all that is kept, in the "
        "audit log and as a tombstone, so that no later run publishes the customer.",
        examples=["5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"],
    )
    rows: int = Field(description="How many rows were removed in all; 0 for nobody we knew.", examples=[4])
    runs: list[ErasedFromRun] = Field(description="By run; history is the same rows, run by run.")
    storage_clean: bool | None = Field(
        description="Whether no trace is left in the database's file. False where it was in use or full: "
        "erase once more. Null on Postgres, which reuses its own files in its own time."
    )
    not_covered: list[str] = Field(
        description=f"What Joren cannot erase, or has not: {COVERED}.", examples=[[*NOT_COVERED]]
    )


def receipt_answer(receipt: Receipt) -> ErasureReceipt:
    """Put a receipt on the wire."""
    return ErasureReceipt(
        erasure_id=receipt.erasure_id,
        erased_at=receipt.erased_at,
        erased_by=receipt.erased_by,
        pseudonym=receipt.pseudonym,
        rows=receipt.rows,
        runs=[ErasedFromRun(run_id=run_id, rows=dict(rows)) for run_id, rows in receipt.removed.items()],
        storage_clean=receipt.storage_clean,
        not_covered=list(NOT_COVERED),
    )
