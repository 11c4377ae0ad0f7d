from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from serving import tables
from serving.audit import Who
from serving.carry_over import Memory
from serving.pages.sessions import (
    LINK_LASTS,
    SESSION_LASTS,
    begin_session,
    make_link_token,
    session_of,
    sign_everybody_out,
    sign_out,
)
from serving.store import Store

NOW = datetime(2026, 4, 1, tzinfo=UTC)


def test_a_link_opens_once_and_the_session_lasts_until_it_is_ended(store: Store) -> None:
    token = make_link_token(store, now=NOW)
    session = begin_session(store, token, now=NOW)
    assert session is not None
    assert begin_session(store, token, now=NOW) is None
    assert session_of(store, session.token, now=NOW) == session
    assert session_of(store, session.token, now=NOW + SESSION_LASTS - timedelta(seconds=1)) == session
    assert session_of(store, session.token, now=NOW + SESSION_LASTS) is None
    sign_out(store, session)
    assert session_of(store, session.token, now=NOW) is None


def test_a_link_that_is_too_old_opens_nothing(store: Store) -> None:
    token = make_link_token(store, now=NOW)
    assert begin_session(store, token, now=NOW + LINK_LASTS) is None
    assert begin_session(store, token, now=NOW + LINK_LASTS - timedelta(seconds=1)) is not None


def test_of_many_who_open_a_link_at_once_one_gets_in(store: Store) -> None:
    token = make_link_token(store, now=NOW)
    begun = []
    visitors = [
        threading.Thread(target=lambda: begun.append(begin_session(store, token, now=NOW))) for _ in range(6)
    ]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len([session for session in begun if session is not None]) == 1


def test_the_store_keeps_no_token_and_forgets_what_has_expired(store: Store) -> None:
    token = make_link_token(store, now=NOW)
    session = begin_session(store, token, now=NOW)
    assert session is not None
    unused = make_link_token(store, now=NOW)
    with store.database.read() as connection:
        rows = [
            *connection.execute(select(tables.sessions)),
            *connection.execute(select(tables.sign_in_links)),
        ]
    kept = repr(rows)
    assert len(rows) == 2
    assert not [secret for secret in (token, session.token, unused) if secret in kept]
    make_link_token(store, now=NOW + SESSION_LASTS)
    with store.database.read() as connection:
        assert connection.execute(select(tables.sessions)).all() == []
        assert len(connection.execute(select(tables.sign_in_links)).all()) == 1


def test_everybody_can_be_signed_out(store: Store) -> None:
    sessions = [begin_session(store, make_link_token(store, now=NOW), now=NOW) for _ in range(2)]
    unused = make_link_token(store, now=NOW)
    assert sign_everybody_out(store) == 2
    assert [session and session_of(store, session.token, now=NOW) for session in sessions] == [None, None]
    assert begin_session(store, unused, now=NOW) is None


def test_what_is_no_token_opens_nothing(store: Store) -> None:
    for guess in ("", "x", "A" * 43, "A" * 10_000, "é" * 43, "a\0" * 20, "' or 1=1 --"):
        assert begin_session(store, guess, now=NOW) is None
        assert session_of(store, guess, now=NOW) is None


def test_a_restored_store_has_forgotten_who_was_signed_in(store: Store) -> None:
    session = begin_session(store, make_link_token(store, now=NOW), now=NOW)
    unused = make_link_token(store, now=NOW)
    assert session is not None
    memory = Memory.of(store.database)
    with store.database.write() as connection:
        memory.hand_on(connection, Who("test", NOW), "backup")
    assert session_of(store, session.token, now=NOW) is None
    assert begin_session(store, unused, now=NOW) is None
