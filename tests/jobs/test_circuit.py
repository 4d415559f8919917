from types import SimpleNamespace

import pytest
import redis

from jobs import circuit
from jobs.circuit import PAUSE_SECONDS, CircuitBreaker

WAYS_TO_BE_AWAY = [redis.ConnectionError("gone"), redis.TimeoutError("slow"), OSError("no route"), TimeoutError()]


class Server:
    """A server that counts its calls, and fails while it has an error."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None

    def ask(self) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Replace the time that the breaker sees: set ``now``."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(circuit, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_it_works(server: Server) -> None:
    breaker = CircuitBreaker("somebody else helps")
    for _ in range(3):
        breaker.call(server.ask)
    assert server.asked == 3 and not breaker.is_open


@pytest.mark.parametrize("error", WAYS_TO_BE_AWAY, ids=repr)
def test_a_server_that_is_away_is_asked_once_a_second(
    error: Exception, server: Server, clock: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    server.error = error
    breaker = CircuitBreaker("somebody else helps")
    for _ in range(5):
        breaker.call(server.ask)
    assert server.asked == 1 and breaker.is_open
    assert [record.getMessage() for record in caplog.records] == [
        f"Redis is not reachable; somebody else helps: {error}"
    ]
    clock.now += PAUSE_SECONDS
    breaker.call(server.ask)
    assert server.asked == 2


def test_it_stays_closed_once_the_server_is_back(server: Server, clock: SimpleNamespace) -> None:
    server.error = OSError("no route")
    breaker = CircuitBreaker("")
    breaker.call(server.ask)
    server.error = None
    clock.now += PAUSE_SECONDS
    for _ in range(3):
        breaker.call(server.ask)
    assert server.asked == 4 and not breaker.is_open


def test_two_breakers_know_nothing_of_each_other(server: Server) -> None:
    server.error = OSError("no route")
    CircuitBreaker("").call(server.ask)
    CircuitBreaker("").call(server.ask)
    assert server.asked == 2


def test_a_mistake_of_ours_is_raised_and_opens_nothing(server: Server) -> None:
    server.error = TypeError("a bug")
    breaker = CircuitBreaker("")
    with pytest.raises(TypeError):
        breaker.call(server.ask)
    assert not breaker.is_open


def test_only_as_many_failures_in_a_row_open_it_as_are_said(server: Server, clock: SimpleNamespace) -> None:
    breaker = CircuitBreaker("", failures=3, pause_seconds=30.0)
    for error in (OSError(), OSError(), None, OSError(), OSError()):
        server.error = error
        assert breaker.call(server.ask) is (error is None)
    assert breaker.state == "closed"
    server.error = OSError()
    breaker.call(server.ask)
    assert breaker.state == "open" and server.asked == 6
    clock.now += 29.9
    assert not breaker.call(server.ask) and server.asked == 6


@pytest.mark.parametrize("recovered", [True, False])
def test_after_the_pause_one_probe_decides(recovered: bool, server: Server, clock: SimpleNamespace) -> None:
    breaker = CircuitBreaker("", failures=3, pause_seconds=30.0)
    server.error = OSError()
    for _ in range(3):
        breaker.call(server.ask)
    clock.now += 30.0
    assert breaker.state == "half_open" and not breaker.is_open
    server.error = None if recovered else OSError()
    others = []

    def probe() -> None:
        others.append(breaker.call(server.ask))  # somebody else, while the probe is not answered
        server.ask()

    assert breaker.call(probe) is recovered
    assert others == [False] and server.asked == 4
    assert breaker.state == ("closed" if recovered else "open")


def test_the_states_of_those_with_a_name_can_be_seen(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit, "_named", {})
    CircuitBreaker("")
    breaker = CircuitBreaker("", name="mail")
    CircuitBreaker("", name="letters")
    server.error = OSError()
    breaker.call(server.ask)
    assert circuit.circuit_states() == {"letters": "closed", "mail": "open"}
