import pytest

from realtime.limits import shared_buckets as module
from realtime.limits.exchange import Exchange
from realtime.limits.shared_buckets import BURST_SECONDS, Buckets
from tests.conftest import Advance


def buckets_of(per_second: float) -> Buckets:
    return Buckets(Exchange(), per_second, kind="test")


def take(buckets: Buckets, *key: str) -> float:
    return buckets.exchange.take(buckets.find(*key))


def test_it_works(advance: Advance) -> None:
    buckets = buckets_of(2)
    assert [take(buckets, "a") for _ in range(2 * BURST_SECONDS)] == [0.0] * 2 * BURST_SECONDS
    assert take(buckets, "a") == pytest.approx(0.5) and take(buckets, "b") == 0.0
    advance(0.5)
    assert take(buckets, "a") == 0.0


def test_zero_means_no_limit(advance: Advance) -> None:
    assert buckets_of(0).find("a") == ()
    assert [take(buckets_of(0), "a") for _ in range(1_000)] == [0.0] * 1_000


def test_the_number_of_buckets_is_bounded(advance: Advance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_BUCKETS", 10)
    buckets = buckets_of(1)
    for number in range(100):
        take(buckets, "busy")
        take(buckets, str(number))
    assert len(buckets._buckets) == 10
    assert take(buckets, "busy") > 0, "one that is used all the time is not forgotten"
    advance(60)
    take(buckets, "new")
    assert list(buckets._buckets) == [("new",)]


def test_the_name_in_redis_does_not_show_the_key(advance: Advance) -> None:
    buckets = buckets_of(1)
    (one,), (other,) = buckets.find("acme", "alice"), buckets.find("acme", "bob")
    assert "alice" not in one.name and one.name != other.name
    assert one.name == buckets_of(1).find("acme", "alice")[0].name
