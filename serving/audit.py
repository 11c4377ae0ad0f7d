"""The audit log: who moved what in the store, when, and why. It names no customer, only pseudonyms."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from serving import tables
from serving.database import Database

__all__ = ["Action", "Entry", "Who", "entries", "note"]


class Action(StrEnum):
    """What was done."""

    ROLLBACK = "rollback"
    ERASE = "erase"
    LIFT = "lift"
    RESTORE = "restore"


@dataclass(frozen=True)
class Who:
    """Who does something, when (an aware moment), and why; ``name`` is a key's prefix, or a system's user."""

    name: str
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class Entry:
    """One line of the log. ``subject`` is a run_id, or a customer's pseudonym; ``who.at`` is in UTC."""

    entry_id: str
    action: Action
    subject: str
    who: Who
    detail: Mapping[str, Any]


def note(connection: Connection, action: Action, subject: str, who: Who, detail: Mapping[str, Any]) -> Entry:
    """Write an entry in the transaction that does what it tells of."""
    entry = Entry(f"{action.value}_{secrets.token_hex(8)}", action, subject, who, detail)
    values = {
        "entry_id": entry.entry_id,
        "at": who.at,
        "actor": who.name,
        "action": action.value,
        "subject": subject,
        "why": who.why,
        "detail": json.dumps(detail, sort_keys=True),
    }
    connection.execute(insert(tables.audit_log).values(values))
    return entry


def entries(database: Database, action: Action | None = None) -> list[Entry]:
    """Return what was noted, of one kind or of all, the newest first."""
    log = tables.audit_log
    wanted = select(log).order_by(log.c.entry_key.desc())
    if action is not None:
        wanted = wanted.where(log.c.action == action.value)
    with database.read() as connection:
        return [_entry(row) for row in connection.execute(wanted)]


def _entry(row: Row[Any]) -> Entry:
    who = Who(row.actor, row.at, row.why)
    return Entry(row.entry_id, Action(row.action), row.subject, who, json.loads(row.detail))
