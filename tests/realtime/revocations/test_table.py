"""The copy in memory: how it follows the table, and what it costs."""

import asyncio
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from realtime.auth import KeysUnavailable, Unauthorized, verify
from realtime.connections.sweep_rules import delete_old_revocations
from realtime.models import Revocation
from realtime.revocations import table
from realtime.revocations.table import Table, admit
from realtime.revocations.writing import revoke_tokens
from tests.conftest import MakeToken

pytestmark = pytest.mark.django_db


def is_void(known: Table, token: str) -> bool:
    try:
        known.judge(verify(token))
    except Unauthorized as error:
        assert error.reason == "token_revoked"
        return True
    return False


def age(known: Table, seconds: float) -> None:
    """Let time pass for the copy."""
    known._asked_at -= seconds
    known._full_at -= seconds


def fail(*_: Any) -> Any:
    raise OperationalError("the database is away")


def test_it_works(make_token: MakeToken) -> None:
    before, of_bob, elsewhere = make_token("alice"), make_token("bob"), make_token("alice", "other")
    revoke_tokens(user_id="alice", tenant_id="acme")
    after = make_token("alice")
    known = Table()
    known.refresh()
    assert [is_void(known, token) for token in (before, after, of_bob, elsewhere)] == [True, False, False, False]
    revoke_tokens(user_id="alice")
    known.refresh()
    assert [is_void(known, token) for token in (before, after, of_bob, elsewhere)] == [True, True, False, True]
    revoke_tokens(tenant_id="acme")
    known.refresh()
    assert [is_void(known, token) for token in (make_token("bob"), of_bob)] == [False, True]


def test_one_token_is_revoked_by_its_id(make_token: MakeToken) -> None:
    one, other = make_token(), make_token()
    revoke_tokens(token_id=verify(one).token_id)
    known = Table()
    known.refresh()
    assert is_void(known, one) and not is_void(known, other)


def test_a_second_revocation_moves_the_moment(make_token: MakeToken) -> None:
    revoke_tokens(user_id="alice")
    between = make_token("alice")
    known = Table()
    known.refresh()
    assert not is_void(known, between)
    revoke_tokens(user_id="alice")
    known.refresh()
    assert is_void(known, between) and Revocation.objects.count() == 1


def test_one_of_a_transaction_that_took_long_is_found(make_token: MakeToken) -> None:
    token = make_token("bob")
    revoke_tokens(user_id="alice")
    known = Table()
    known.refresh()
    revoke_tokens(user_id="bob")
    Revocation.objects.filter(user_id="bob").update(changed_at=timezone.now() - timedelta(seconds=10))
    known.refresh()
    assert is_void(known, token)


def test_a_deleted_row_is_noticed_within_a_minute(make_token: MakeToken) -> None:
    token = make_token("alice")
    revoke_tokens(user_id="alice")
    known = Table()
    known.refresh()
    Revocation.objects.all().delete()
    known.refresh()
    assert is_void(known, token)
    age(known, table.FULL_SECONDS)
    known.refresh()
    assert not is_void(known, token)


async def test_a_known_table_costs_no_query(make_token: MakeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "time", SimpleNamespace(monotonic=lambda: 1_000.0))
    reads: list[Any] = []
    monkeypatch.setattr(table, "_read", lambda newest: reads.append(newest) or [])
    identity = verify(make_token())
    for count in (1, 2):
        for _ in range(100):
            await admit(identity)
        assert len(reads) == count
        age(table.TABLE, 2)


async def test_a_silent_database_keeps_nobody_waiting(make_token: MakeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who was let in before the silence, that is: the others come back."""
    silence = threading.Event()
    monkeypatch.setattr(table, "_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(table, "_read", lambda newest: silence.wait(30) and [])
    identity = verify(make_token())
    try:
        with pytest.raises(KeysUnavailable):
            await admit(identity)
        table.TABLE._is_known = True
        async with asyncio.timeout(10):
            await asyncio.gather(*(admit(identity) for _ in range(100)))
    finally:
        silence.set()


def test_without_the_database_the_last_known_table_holds(
    make_token: MakeToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    void, good = make_token("alice"), make_token("bob")
    revoke_tokens(user_id="alice")
    known = Table()
    known.refresh()
    monkeypatch.setattr(table, "_read", fail)
    age(known, 3_600)
    known.refresh_or_keep()
    assert is_void(known, void) and not is_void(known, good)


def test_a_process_that_never_knew_the_table_judges_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_read", fail)
    with pytest.raises(KeysUnavailable):
        Table().refresh_or_keep()


@pytest.mark.django_db(transaction=True)
def test_tokens_issued_until_the_commit_are_void(make_token: MakeToken) -> None:
    """The old password works for others until then."""
    known = Table()
    with transaction.atomic():
        revoke_tokens(user_id="alice")
        meanwhile = make_token("alice")
    known.refresh()
    assert is_void(known, meanwhile) and not is_void(known, make_token("alice"))


def test_a_revocation_goes_once_no_such_token_lives(settings: Any) -> None:
    settings.STREAMER_REVOCATION_DAYS = 40
    now = timezone.now()
    for user, days in (("alice", 39), ("bob", 41)):
        revoke_tokens(user_id=user)
        Revocation.objects.filter(user_id=user).update(issued_before=now - timedelta(days=days))
    assert delete_old_revocations(now) == 1 and delete_old_revocations(now) == 0
    assert [row.user_id for row in Revocation.objects.all()] == ["alice"]


@pytest.mark.parametrize("scope", [{}, {"user_id": "x" * 151}, {"tenant_id": "x" * 129}, {"token_id": "x" * 256}])
def test_names_that_no_token_has_are_refused(scope: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="at most|names"):
        revoke_tokens(**scope)
