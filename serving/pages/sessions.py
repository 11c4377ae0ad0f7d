"""Who may look at the pages: a link that opens once, and the session that it begins.

Link and session are 256 random bits each. The store keeps no more than their SHA-256, and all processes on a
store share them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select

from serving import tables
from serving.store import Store

__all__ = [
    "LINK_LASTS",
    "SESSION_LASTS",
    "Session",
    "begin_session",
    "make_link_token",
    "session_of",
    "sign_everybody_out",
    "sign_out",
]

LINK_LASTS = timedelta(minutes=15)
SESSION_LASTS = timedelta(days=14)
RANDOM_BYTES = 32
FORM = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in. ``form_token`` proves that a form was sent from one of our own pages."""

    token: str

    @property
    def form_token(self) -> str:
        """A word that only the pages of this session hold (CSRF)."""
        return hmac.digest(self.token.encode(), b"form", "sha256").hex()

    def sent(self, form_token: str) -> bool:
        """Return whether a form with this word came from a page of this session."""
        return hmac.compare_digest(form_token.encode(), self.form_token.encode())


def make_link_token(store: Store, *, now: datetime) -> str:
    """Return the token of a new sign-in link, good once within ``LINK_LASTS``; forget what has expired."""
    token = secrets.token_urlsafe(RANDOM_BYTES)
    with store.database.write() as connection:
        for table in (tables.sign_in_links, tables.sessions):
            connection.execute(delete(table).where(table.c.expires_at <= now))
        row = {"token_sha256": _digest(token), "expires_at": now + LINK_LASTS}
        connection.execute(insert(tables.sign_in_links).values(row))
    return token


def begin_session(store: Store, link_token: str, *, now: datetime) -> Session | None:
    """Use a link up and return the session that it begins; None where it is used, expired or none of ours."""
    links = tables.sign_in_links
    known = (links.c.token_sha256 == _digest(link_token), links.c.expires_at > now)
    with store.database.read() as connection:
        if not FORM.fullmatch(link_token) or connection.execute(select(links).where(*known)).first() is None:
            return None  # a stranger's guess takes no write lock
    session = Session(secrets.token_urlsafe(RANDOM_BYTES))
    row = {"token_sha256": _digest(session.token), "begun_at": now, "expires_at": now + SESSION_LASTS}
    with store.database.write() as connection:
        if connection.execute(delete(links).where(*known)).rowcount != 1:
            return None
        connection.execute(insert(tables.sessions).values(row))
    return session


def session_of(store: Store, token: str, *, now: datetime) -> Session | None:
    """Return the live session of that token, or None."""
    if not FORM.fullmatch(token):
        return None
    known = tables.sessions.c
    live = select(known.token_sha256).where(known.token_sha256 == _digest(token), known.expires_at > now)
    with store.database.read() as connection:
        return None if connection.execute(live).first() is None else Session(token)


def sign_out(store: Store, session: Session) -> None:
    """End the session, at once and on every worker."""
    ended = delete(tables.sessions).where(tables.sessions.c.token_sha256 == _digest(session.token))
    with store.database.write() as connection:
        connection.execute(ended)


def sign_everybody_out(store: Store) -> int:
    """End every session and every unused link; return how many sessions there were."""
    with store.database.write() as connection:
        connection.execute(delete(tables.sign_in_links))
        return connection.execute(delete(tables.sessions)).rowcount


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
