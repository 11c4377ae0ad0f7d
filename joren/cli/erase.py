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
)


def erase(
    customer_id: Annotated[str, typer.Argument(help="The id, character by character.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the audit log.")] = "",
    who: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who does it; unset: this system's user.")
    ] = None,
    project: ProjectFolder = Path(),
    as_json: AsJson = False,
) -> None:
    """Erase a customer from the score store: scores, history, behaviour and attributes of all runs.

    Later runs leave the customer out; the audit log keeps a pseudonym. The business's own tables are not
    touched, nor are backups, or the files of reports/ and tables/, which the next run replaces.
    """
    from datetime import UTC, datetime

    from joren.gatekeeper import whoever
    from joren.project import load_project
    from joren.service import open_store
    from serving.audit import Who
    from serving.erasure import erase as erase_from
    from serving.wire_erasure import receipt_answer

    with closing(open_store(load_project(project))) as store:
        receipt = erase_from(store.database, customer_id, Who(who or whoever(), datetime.now(UTC), why))
    if as_json:
        typer.echo(json.dumps(receipt_answer(receipt).model_dump(mode="json"), ensure_ascii=False, indent=2))
        return
    typer.echo(f"Erased: {receipt.rows} rows of {len(receipt.removed)} runs. Receipt {receipt.erasure_id}")
    if receipt.storage_clean is False:
        typer.echo("The file is in use or full, and may still hold traces: erase once more.", err=True)
    for told in receipt_answer(receipt).not_covered:
        typer.echo(f"Not covered: {told}.", err=True)
