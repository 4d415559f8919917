import pytest

from realtime.limits import clients
from realtime.limits.clients import ClientBuckets, ClientLimit, Rates
from realtime.limits.exchange import Exchange
from realtime.limits.refusals import Refusals
from tests.conftest import Advance

ALICE = {"tenant_id": "acme", "user_id": "alice", "address": "192.0.2.1"}


@pytest.fixture
def refusals(monkeypatch: pytest.MonkeyPatch) -> Refusals:
    own = Refusals()
    monkeypatch.setattr(clients, "REFUSALS", own)
    return own


def limit_of(user: float = 0, tenant: float = 0, address: float = 0) -> ClientLimit:
    return ClientLimit(Exchange(), "submits", Rates(user, tenant, address))


def empty(buckets: ClientBuckets) -> int:
    """Take until there is a refusal. Return the number that passed."""
    for passed in range(10_000):
        if buckets.take():
            return passed
    return -1


@pytest.mark.parametrize(
    ("whose", "spared", "shared"),
    [
        ("user", {"user_id": "bob"}, {"address": "192.0.2.2"}),
        ("tenant", {"tenant_id": "globex"}, {"user_id": "bob"}),
        ("address", {"address": "192.0.2.2"}, {"tenant_id": "globex"}),
    ],
)
def test_each_limit_refuses_whom_it_is_about(
    whose: str, spared: dict[str, str], shared: dict[str, str], advance: Advance, refusals: Refusals
) -> None:
    limit = limit_of(**{whose: 1})
    assert empty(limit.of(**ALICE)) == 10
    error = limit.of(**{**ALICE, **shared}).take()
    assert error is not None and error["code"] == "RATE_LIMITED" and error["retryable"]
    assert error["details"] == {"limit": "submits", "by": whose, "per_second": 1} and error["retry_after"] == 1.0
    assert limit.of(**{**ALICE, **spared}).take() is None
    assert refusals.counts() == {f"submits.{whose}": 2}


def test_a_user_of_two_tenants_is_two(advance: Advance) -> None:
    limit = limit_of(user=1)
    empty(limit.of(**ALICE))
    assert limit.of(**{**ALICE, "tenant_id": "globex"}).take() is None


def test_a_user_who_floods_leaves_the_tenant_to_the_others(advance: Advance) -> None:
    limit = limit_of(user=1, tenant=2)
    mallory = limit.of(**ALICE)
    for _ in range(1_000):
        mallory.take()
    assert empty(limit.of(**{**ALICE, "user_id": "bob"})) == 10


def test_what_is_given_back_can_be_taken_again(advance: Advance) -> None:
    buckets = limit_of(user=1).of(**ALICE)
    empty(buckets)
    buckets.spend(-3)
    assert empty(buckets) == 3


def test_without_a_limit_or_an_address_nobody_is_refused(advance: Advance) -> None:
    assert empty(limit_of().of(**ALICE)) == -1
    assert empty(limit_of(address=1).of(**{**ALICE, "address": ""})) == -1


def test_who_waits_as_told_is_let_in(advance: Advance) -> None:
    buckets = limit_of(user=3, tenant=1).of(**ALICE)
    empty(buckets)
    error = buckets.take()
    assert error is not None
    advance(error["retry_after"])
    assert buckets.take() is None
