import pytest

from realtime.limits.clients import ClientLimit, Rates
from realtime.limits.exchange import Exchange
from realtime.limits.messages import BYTES_PER_MESSAGE, FREE_SECONDS, SECONDS_PER_MESSAGE, RateLimit, Verdict
from tests.conftest import Advance


def judge(guard: RateLimit, times: int) -> list[Verdict]:
    return [guard.judge() for _ in range(times)]


def test_it_works(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=3)
    assert judge(guard, 4) == [Verdict.FINE] * 3 + [Verdict.TOO_MANY]
    assert guard.retry_after_seconds == pytest.approx(0.1)
    advance(0.1)
    assert judge(guard, 2) == [Verdict.FINE, Verdict.TOO_MANY]


def test_the_rate_holds_on_the_long_run(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    fine = 0
    for _ in range(10_000):
        advance(0.001)
        fine += guard.judge() is Verdict.FINE
    assert fine == pytest.approx(200 + 100 * 10, abs=2)


def test_who_keeps_to_the_rate_is_never_refused(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    for _ in range(5_000):
        advance(0.0101)
        assert guard.judge() is Verdict.FINE


def test_silence_saves_up_no_more_than_the_burst(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=5)
    judge(guard, 5)
    advance(3600)
    assert judge(guard, 6).count(Verdict.FINE) == 5


def test_too_many_refusals_are_abuse(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=2, max_refused=3)
    assert judge(guard, 6) == [Verdict.FINE] * 2 + [Verdict.TOO_MANY] * 3 + [Verdict.ABUSE]


def test_who_slows_down_is_forgiven(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=2, max_refused=3)
    judge(guard, 4)
    advance(60)
    assert judge(guard, 5) == [Verdict.FINE] * 2 + [Verdict.TOO_MANY] * 3


def test_a_client_that_goes_on_at_fifty_times_the_rate_is_found_out(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    verdicts = set()
    for _ in range(60 * 5_000):
        advance(1 / 5_000)
        verdicts.add(guard.judge())
    assert Verdict.ABUSE in verdicts


# --- what a message costs --------------------------------------------------------------------------------------------


def test_large_messages_count_more_than_once(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=10)
    assert guard.judge(BYTES_PER_MESSAGE * 14) is Verdict.FINE
    assert guard.judge() is Verdict.TOO_MANY and guard.retry_after_seconds == pytest.approx(0.6)
    advance(0.6)
    assert guard.judge() is Verdict.FINE


def test_refused_bytes_lead_to_the_end_sooner(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=1, max_refused=30)
    guard.judge()
    assert [guard.judge(BYTES_PER_MESSAGE * 9) for _ in range(4)] == [Verdict.TOO_MANY] * 3 + [Verdict.ABUSE]


def test_processor_time_is_paid_by_who_has_caused_it(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=100)
    guard.judge()
    assert guard.charge(FREE_SECONDS) is Verdict.FINE and guard.retry_after_seconds == 0
    assert guard.charge(FREE_SECONDS + 49 * SECONDS_PER_MESSAGE) is Verdict.FINE
    assert judge(guard, 51) == [Verdict.FINE] * 50 + [Verdict.TOO_MANY]


def test_each_message_of_a_batch_has_free_time(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=100)
    judge(guard, 99)
    guard.charge(99 * FREE_SECONDS, messages=99)
    assert guard.judge() is Verdict.FINE


def test_one_pause_of_the_process_does_not_silence_a_client(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=100)
    guard.judge()
    guard.charge(3600)
    assert guard.judge() is Verdict.FINE


def test_time_spent_on_refused_messages_leads_to_the_end(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=20, max_refused=15)
    judge(guard, 21)
    verdicts = [guard.charge(FREE_SECONDS + 7 * SECONDS_PER_MESSAGE, was_refused=True) for _ in range(3)]
    assert verdicts == [Verdict.TOO_MANY, Verdict.TOO_MANY, Verdict.ABUSE]


# --- what the connections of a client share --------------------------------------------------------------------------


def guards_of(number: int, **rates: float) -> list[RateLimit]:
    """Make the limits of some connections of one user."""
    limit = ClientLimit(Exchange(), "messages", Rates(**{"user": 0, "tenant": 0, "address": 0, **rates}))
    shared = [limit.of(tenant_id="acme", user_id="alice", address="") for _ in range(number)]
    return [RateLimit(per_second=100, burst=200, shared=one, max_refused=5) for one in shared]


def test_connections_of_a_user_share_a_limit_that_closes_none_of_them(advance: Advance) -> None:
    one, other = guards_of(2, user=5)
    assert judge(one, 50) == [Verdict.FINE] * 50 and judge(other, 100) == [Verdict.TOO_MANY] * 100
    assert other.error["details"] == {"limit": "messages", "by": "user", "per_second": 5}
    assert other.charge(FREE_SECONDS + 99 * SECONDS_PER_MESSAGE, was_refused=True) is Verdict.FINE
    advance(other.error["retry_after"])
    assert other.judge() is Verdict.FINE


def test_bytes_and_processor_time_are_shared_too(advance: Advance) -> None:
    one, other = guards_of(2, tenant=5)
    one.judge(BYTES_PER_MESSAGE * 19)
    one.charge(FREE_SECONDS + 20 * SECONDS_PER_MESSAGE)
    assert judge(other, 11) == [Verdict.FINE] * 10 + [Verdict.TOO_MANY]


def test_who_the_connection_refuses_costs_the_others_nothing(advance: Advance) -> None:
    one, other = guards_of(2, tenant=30)
    judge(one, 204)
    assert one.error["details"]["by"] == "connection"
    assert judge(other, 101) == [Verdict.FINE] * 100 + [Verdict.TOO_MANY]


def test_zero_means_no_limit_of_the_connection(advance: Advance) -> None:
    guard = RateLimit(per_second=0, burst=1)
    assert judge(guard, 1_000) == [Verdict.FINE] * 1_000
    assert guard.charge(3600) is Verdict.FINE and guard.retry_after_seconds == 0
