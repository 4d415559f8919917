"""The room of a batch: places of users, bytes and daily use of tenants, taken one request after another."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.requests.room import Room
from jobs.requests.storing import Waiting
from jobs.usage.daily import Use
from jobs.usage.quotas import DailyRoom

ALICE, BOB = ("acme", "alice"), ("acme", "bob")


def room(quota: Use | None = None, *, alice_waits: int = 0, used_bytes: int = 0) -> Room:
    daily = DailyRoom({"acme": quota} if quota else {}, {}, timezone.now())
    return Room(Waiting(of_owner={ALICE: alice_waits, BOB: 0}, used_bytes={"acme": used_bytes}), daily)


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.STREAMER_MAX_WAITING_PER_USER = 3
    settings.STREAMER_TENANT_QUOTA_BYTES = 100


def test_it_works() -> None:
    some = room(alice_waits=1)
    assert [some.take(ALICE, 10, needs_place=True) for _ in range(3)] == [True, True, False]
    assert some.tenant_refusal("acme", 10) is None and some.too_many_waiting()["details"] == {"limit": 3}
    assert some.take(BOB, 10, needs_place=True)


def test_what_does_not_wait_needs_no_place_but_bytes() -> None:
    some = room(alice_waits=3)
    assert some.take(ALICE, 60, needs_place=False) and not some.take(ALICE, 60, needs_place=False)


def test_the_bytes_of_a_tenant_are_those_of_all_its_users() -> None:
    some = room(used_bytes=50)
    assert some.take(ALICE, 30, needs_place=True) and not some.take(BOB, 30, needs_place=True)
    error = some.tenant_refusal("acme", 30)
    assert error is not None and error["code"] == "QUOTA_EXCEEDED"
    assert some.take(BOB, 20, needs_place=True)


def test_one_that_is_refused_takes_nothing() -> None:
    some = room(Use(requests=1), alice_waits=3)
    assert not some.take(ALICE, 10, needs_place=True)
    assert some.take(BOB, 100, needs_place=True) and not some.take(BOB, 0, needs_place=True)
    error = some.tenant_refusal("acme", 0)
    assert error is not None and error["details"]["quota"] == "requests"
