import pytest

from realtime.limits.clients import Rates
from realtime.limits.connects import EXPLAINED_AT_ONCE, ConnectLimit
from realtime.limits.exchange import Exchange
from realtime.limits.shared_buckets import BURST_SECONDS

pytestmark = pytest.mark.usefixtures("advance")


def limit_of(user: float = 0, tenant: float = 0, address: float = 0) -> ConnectLimit:
    return ConnectLimit(Exchange(), Rates(user, tenant, address))


@pytest.mark.parametrize(
    ("one", "other", "are_together"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("no address", "no address", True),
    ],
)
def test_the_addresses_of_one_network_are_one(one: str, other: str, are_together: bool) -> None:
    limit = limit_of(address=0.1)
    assert limit.of_address(one) == 0.0
    assert (limit.of_address(other) > 0) == are_together


def test_an_unknown_address_has_no_limit() -> None:
    limit = limit_of(address=0.1)
    assert [limit.of_address("") for _ in range(10)] == [0.0] * 10


def test_users_of_different_tenants_are_different() -> None:
    limit = limit_of(user=0.1)
    assert limit.of_user("acme", "alice") == 0.0 == limit.of_user("globex", "alice")
    assert limit.of_user("acme", "alice") > 0


def test_many_users_of_a_tenant_are_refused_and_no_other_tenant() -> None:
    limit = limit_of(user=2, tenant=1)
    waits = [limit.of_user("acme", f"user-{number}") for number in range(100)]
    assert waits[: BURST_SECONDS - 1] == [0.0] * (BURST_SECONDS - 1)
    assert 0 < waits[-1] <= 1, "who is refused by the tenant's limit does not make the others wait longer"
    assert limit.of_user("globex", "charlie") == 0.0


def test_a_flood_at_one_process_is_known_to_the_others() -> None:
    one, other = limit_of(user=0.001), limit_of(user=0.001)
    for _ in range(3):
        one.of_user("acme", "mallory")
    one._exchange.exchange()
    assert other.of_user("acme", "mallory") == 0.0, "its own bucket was full"
    other._exchange.exchange()
    assert other.of_user("acme", "mallory") > 0 == other.of_user("acme", "alice")


def test_who_goes_on_is_turned_away_but_for_a_few_that_are_told_why() -> None:
    limit = limit_of(address=20)
    while not limit.of_address("203.0.113.1"):
        pass
    waits = [limit.turns_away("203.0.113.1") for _ in range(500)]
    assert waits[:EXPLAINED_AT_ONCE] == [0.0] * EXPLAINED_AT_ONCE
    assert all(waits[EXPLAINED_AT_ONCE + 1 :]) and waits[-1] >= BURST_SECONDS, "who heeds no refusal waits longer"
    assert limit.turns_away("203.0.113.2") == 0.0 == limit.turns_away("")


def test_a_handshake_counts_once_though_two_ask() -> None:
    limit = limit_of(address=1)
    told = []
    for _ in range(BURST_SECONDS):
        told += [limit.turns_away("203.0.113.1"), limit.of_address("203.0.113.1")]
    assert told == [0.0] * 2 * BURST_SECONDS
    assert limit.turns_away("203.0.113.1") == 0.0 < limit.of_address("203.0.113.1"), "this one is told why"


def test_many_that_come_together_are_counted_before_any_is_answered() -> None:
    limit = limit_of(address=1)
    let_on = [limit.turns_away("203.0.113.1") for _ in range(100)].count(0.0)
    assert BURST_SECONDS <= let_on <= BURST_SECONDS + EXPLAINED_AT_ONCE
    waits = [limit.of_address("203.0.113.1") for _ in range(let_on)]
    assert waits.count(0.0) == BURST_SECONDS


def test_what_is_remembered_of_addresses_is_bounded() -> None:
    limit = limit_of(address=0.1)
    for number in range(5_000):
        for _ in range(2):
            limit.turns_away(f"2001:db8:{number:x}::1")
    assert len(limit._explained) <= 4_096 and len(limit._judged) <= 4_096
