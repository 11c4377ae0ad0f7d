"""``joren erase``: a customer is erased, with a receipt."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from joren.cli.options import AsJson, ProjectFolder

__all__ = ["EXAMPLES", "erase"]

EXAMPLES = (
    ('joren erase 00123 --why "asked by letter"', "from all runs, and from those yet to come"),
    ("joren erase 00123 --json > receipt.json", "the receipt, to be kept"),
    ('joren erase --lift 00123 --why "is a customer again"', "the next run may publish 00123 again"),
)


def erase(
    customer_id: Annotated[str, typer.Argument(help="The id, character by character.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.")] = "",
    who: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who does it; unset: this system's user.")
    ] = None,
    project: ProjectFolder = Path(),
    lift: Annotated[
        bool, typer.Option("--lift", help="Let later runs publish an erased customer again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Erase a customer from the score store: scores, history, behaviour and attributes of all runs.

    Later runs leave the customer out; the audit log keeps a pseudonym. The business's own tables are not
    touched, nor are backups, or the files of reports/ and tables/, which the next run replaces. With --lift,
    who was erased may be published again; what was erased stays so.
    """
    from datetime import UTC, datetime

    from joren.gatekeeper import whoever
    from joren.project import load_project
    from joren.service import open_store
    from serving.audit import Who
    from serving.erasure import erase as erase_from
    from serving.erasure import lift as lift_from
    from serving.wire_erasure import receipt_answer

    by = Who(who or whoever(), datetime.now(UTC), why)
    with closing(open_store(load_project(project))) as store:
        if lift:
            entry = lift_from(store.database, customer_id, by)
            typer.echo(f"Lifted: {entry.entry_id}" if entry else "Nobody of this id was erased.")
            return
        receipt = erase_from(store.database, customer_id, by)
    if as_json:
        typer.echo(json.dumps(receipt_answer(receipt).model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    typer.echo(f"Erased: {receipt.rows} rows of {len(receipt.removed)} runs. Receipt {receipt.erasure_id}")
    if receipt.storage_clean is False:
        typer.echo("The file is in use or full, and may still hold traces: erase once more.", err=True)
    for told in receipt_answer(receipt).not_covered:
        typer.echo(f"Not covered: {told}.", err=True)
