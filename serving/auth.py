"""API keys: kept hashed, checked in constant time, trusted for a few seconds before the store is asked again.

A key reads ``joren_<prefix>_<secret>``. The prefix names it in logs and lists; the secret has 160 random
bits, so that a plain SHA-256 of it is enough.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from sqlalchemy import Connection, Row, insert, select, update

from serving import tables
from serving.errors import KeyNotRotatedError, NotAllowedError, NotAuthenticatedError
from serving.store import Store

__all__ = ["ApiKey", "Credential", "Gatekeeper", "Scope", "create_key", "keys", "revoke_key", "rotate_key"]

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PREFIX_CHARACTERS = 10
SECRET_CHARACTERS = 32
FORM = re.compile(rf"joren_([{ALPHABET}]{{{PREFIX_CHARACTERS}}})_([{ALPHABET}]{{{SECRET_CHARACTERS}}})")
REMEMBERED = 1_000
NO_SECRET = bytes(32)


class Scope(StrEnum):
    """What a key may do."""

    SCORES_READ = "scores:read"
    LISTS_READ = "lists:read"
    JOBS_WRITE = "jobs:write"
    MODELS_ADMIN = "models:admin"
    PRIVACY_ERASE = "privacy:erase"
    METRICS_READ = "metrics:read"


@dataclass(frozen=True)
class ApiKey:
    """A key as it is kept: all but the secret. Moments are in UTC; ``expires_at`` itself is too late.

    ``last_used_at`` is its minute. ``requests_per_minute`` is None where the service's own limit counts,
    ``replaced_by`` the prefix of the key that it was rotated to.
    """

    prefix: str
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = None
    requests_per_minute: int | None = None
    replaced_by: str | None = None

    def is_live(self, now: datetime) -> bool:
        """Return whether the key may still be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def demand(self, scope: Scope) -> None:
        """Raise ``NotAllowedError`` unless the key has the scope."""
        if scope not in self.scopes:
            raise NotAllowedError(f"This key lacks the scope {scope}.", mend="Use a key that has it.")


@dataclass(frozen=True)
class Credential:
    """What was sent as a key, in its parts; both are empty where it has not the form of one."""

    prefix: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, sent: str | None) -> Self:
        """Return the parts of what was sent, if anything was."""
        match = FORM.fullmatch(sent or "")
        return cls(match[1], match[2]) if match else cls("", "")


def create_key(
    store: Store,
    name: str,
    scopes: Iterable[Scope],
    *,
    now: datetime,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
) -> str:
    """Make a key and return it in full, for the only time: the store keeps no more than its hash."""
    with store.database.write() as connection:
        return _made(
            connection,
            name=name,
            scopes=" ".join(sorted({scope.value for scope in scopes})),
            created_at=now,
            expires_at=expires_at,
            requests_per_minute=requests_per_minute,
        )


def rotate_key(
    store: Store, prefix: str, *, now: datetime, grace: timedelta, expires_at: datetime | None = None
) -> str:
    """Make a key that may do the same, and let the old one live on for ``grace``; return the new one.

    The new one ends at ``expires_at``, or else when the old one would have. Raises ``KeyNotRotatedError``
    where there is no such live key, or it was rotated before.
    """
    known = tables.api_keys.c
    with store.database.write() as connection:
        row = connection.execute(select(tables.api_keys).where(known.prefix == prefix)).one_or_none()
        if row is None or not (old := _key(row)).is_live(now):
            raise KeyNotRotatedError(f"There is no live key {prefix}.", mend="See them all: joren keys list")
        if old.replaced_by is not None:
            raise KeyNotRotatedError(
                f"{prefix} was rotated to {old.replaced_by} before.", mend=f"Rotate {old.replaced_by}."
            )
        new = _made(
            connection,
            name=old.name,
            scopes=row.scopes,
            created_at=now,
            expires_at=expires_at or old.expires_at,
            requests_per_minute=old.requests_per_minute,
        )
        ends = now + grace if old.expires_at is None else min(now + grace, old.expires_at)
        ending = update(tables.api_keys).where(known.prefix == prefix)
        connection.execute(ending.values(expires_at=ends, replaced_by=Credential.of(new).prefix))
    return new


def revoke_key(store: Store, prefix: str, *, now: datetime) -> bool:
    """Revoke the key of that prefix; return whether there was a live one to revoke."""
    known = tables.api_keys.c
    revoked = update(tables.api_keys).where(known.prefix == prefix, known.revoked_at.is_(None))
    with store.database.write() as connection:
        return connection.execute(revoked.values(revoked_at=now)).rowcount == 1


def keys(store: Store) -> list[ApiKey]:
    """Return every key ever made, oldest first."""
    listed = select(tables.api_keys).order_by(tables.api_keys.c.created_at, tables.api_keys.c.prefix)
    with store.database.read() as connection:
        return [_key(row) for row in connection.execute(listed)]


class Gatekeeper:
    """Knows who a credential belongs to. A revocation is seen within ``trust_seconds``, an expiry at once."""

    def __init__(
        self,
        store: Store,
        trust_seconds: float,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._trust_seconds = trust_seconds
        self._clock = clock
        self._monotonic = monotonic
        self._remembered: dict[str, tuple[float, ApiKey, bytes]] = {}

    def answers_at_once(self, credential: Credential) -> bool:
        """Return whether ``admit`` answers sooner than a thread starts: from memory, or a local store."""
        if self._store.is_local or not credential.prefix:
            return True
        known = self._remembered.get(credential.prefix)
        return known is not None and self._monotonic() < known[0]

    def has_met(self, credential: Credential) -> bool:
        """Return whether ``admit`` found the key once, or has nothing to look for."""
        return not credential.prefix or credential.prefix in self._remembered

    def admit(self, credential: Credential) -> ApiKey:
        """Return the key that the credential is, or raise ``NotAuthenticatedError``, never saying why."""
        found = self._find(credential.prefix) if credential.prefix else None
        matches = hmac.compare_digest(_digest(credential.secret), found[1] if found else NO_SECRET)
        if found is None or not matches or not found[0].is_live(self._clock()):
            raise NotAuthenticatedError(
                "No live API key was sent.",
                mend="Send one as 'Authorization: Bearer joren_…' or as 'X-API-Key: joren_…'.",
            )
        return found[0]

    def _find(self, prefix: str) -> tuple[ApiKey, bytes] | None:
        now = self._monotonic()
        if (known := self._remembered.get(prefix)) and now < known[0]:
            return known[1:]
        with self._store.database.read() as connection:
            row = connection.execute(
                select(tables.api_keys).where(tables.api_keys.c.prefix == prefix)
            ).one_or_none()
        if row is None:
            return None
        if len(self._remembered) >= REMEMBERED:
            self._remembered.clear()
        found = _key(row), bytes(row.secret_sha256)
        self._remembered[prefix] = (now + self._trust_seconds, *found)
        return found


def _made(connection: Connection, **values: object) -> str:
    prefix, secret = _random(PREFIX_CHARACTERS), _random(SECRET_CHARACTERS)
    row = insert(tables.api_keys).values(prefix=prefix, secret_sha256=_digest(secret), **values)
    connection.execute(row)
    return f"joren_{prefix}_{secret}"


def _random(characters: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(characters))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _key(row: Row[tuple[object, ...]]) -> ApiKey:
    return ApiKey(
        prefix=row.prefix,
        name=row.name,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
        requests_per_minute=row.requests_per_minute,
        replaced_by=row.replaced_by,
    )
