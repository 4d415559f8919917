"""The command that revokes."""

import time

import pytest
from django.core.management import CommandError, call_command

from realtime.auth import Identity, read_claims
from realtime.models import Revocation
from realtime.revocations.table import TABLE

pytestmark = pytest.mark.django_db


def identity(user: str = "alice", tenant: str = "acme", **claims: object) -> Identity:
    return read_claims({"sub": user, "tenant_id": tenant, "exp": 2e9, **claims})


def test_a_token_of_whole_seconds_works_as_soon_as_it_has_ended() -> None:
    before = identity(iat=int(time.time()))
    call_command("streamer_revoke", "--user", "alice")
    after = identity(iat=int(time.time()))
    TABLE.refresh()
    assert TABLE.cutoffs.is_void(before) and not TABLE.cutoffs.is_void(after)


@pytest.mark.parametrize(
    ("arguments", "void"),
    [
        (["--user", "alice"], ["alice at acme", "alice at other"]),
        (["--tenant", "acme"], ["alice at acme", "bob at acme"]),
        (["--user", "alice", "--tenant", "acme"], ["alice at acme"]),
        (["--token-id", "one"], ["bob at other"]),
    ],
)
def test_it_voids_what_it_is_told_and_nothing_else(
    arguments: list[str], void: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.management.commands.streamer_revoke.wait_for_next_second", lambda: None)
    owners = [("alice", "acme"), ("alice", "other"), ("bob", "acme"), ("bob", "other")]
    call_command("streamer_revoke", *arguments)
    TABLE.refresh()
    found = [one for one in owners if TABLE.cutoffs.is_void(identity(*one, jti="one" if one == owners[-1] else "two"))]
    assert [" at ".join(one) for one in found] == void


@pytest.mark.parametrize(
    "arguments", [[], ["--user", "alice", "--token-id", "one"], ["--user", "x" * 151], ["--user", ""]]
)
def test_it_refuses_what_names_nobody(arguments: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("streamer_revoke", *arguments)
    assert not Revocation.objects.exists()
