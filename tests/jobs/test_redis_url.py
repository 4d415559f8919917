"""A URL may name one Redis, or sentinels that say which one is the master; all clients follow them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django_rq.connection_utils import get_redis_connection
from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.conf.redis_url import layer_host, parse_service, queue_place, redis_client, redis_number, redis_place
from tests.local.waiting import eventually
from tests.redis_servers import HOST, SERVICE, fail_over, running, watched_pair

SENTINELS = "redis+sentinel://me:s%40cret@one:26379,[::1]:5000,three/main/3?sentinel_password=other"


@pytest.fixture
def sentinel(tmp_path: Path) -> Iterator[int]:
    with watched_pair(tmp_path) as (port, _):
        yield port


def test_it_works(tmp_path: Path) -> None:
    with running(tmp_path / "server") as port:
        url = f"redis://{HOST}:{port}/2"
        with redis_client(url, socket_timeout=5) as client:
            assert client.set("a", "b") and client.get("a") == b"b"
        assert redis_number(url) == 2 and redis_place(url) == f"{HOST}:{port}"
        assert queue_place(url) == {"URL": url} and layer_host(url) == {"address": url}


def test_a_url_of_sentinels_has_all_that_a_connection_needs() -> None:
    service = parse_service(SENTINELS)
    assert service.addresses == (("one", 26379), ("::1", 5000), ("three", 26379))
    assert (service.name, service.number) == ("main", 3)
    assert service.options == {"username": "me", "password": "s@cret"}
    assert service.sentinel_options["password"] == "other" and "ssl" not in service.sentinel_options
    secure = parse_service(SENTINELS.replace("redis+", "rediss+"))
    assert secure.options["ssl"] and secure.sentinel_options["ssl"]


def test_its_place_has_no_password() -> None:
    place = redis_place(SENTINELS)
    assert "main" in place and "one:26379" in place and "cret" not in place and "other" not in place


@pytest.mark.parametrize("rest", ["one", "one/", "one:port/main", ",/main", "one/main/x"])
def test_a_url_that_cannot_be_read_is_refused(rest: str) -> None:
    with pytest.raises(ValueError):
        parse_service(f"redis+sentinel://{rest}")


def be_impatient(connected: Any) -> None:
    """Have a connection wait for answers no longer than a moment, although it had all the time to be made."""
    connected.socket_timeout = 0.2
    connected._sock.settimeout(0.2)
    connected._parser.on_connect(connected)  # which keeps the time as well


def test_a_connection_whose_answer_did_not_come_is_not_used_again(sentinel: int) -> None:
    url = f"redis+sentinel://{HOST}:{sentinel}/{SERVICE}/0"
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))  # as rings have it
    with redis_client(url, socket_timeout=5, retry=retry) as client, redis_client(url, socket_timeout=5) as other:
        client.ping()
        (kept,) = client.connection_pool._available_connections
        be_impatient(kept)
        other.client_pause(60_000)
        with pytest.raises(redis.TimeoutError):
            client.set("a", "b")
        # Those that are kept for the next command.
        assert [kept.is_connected for kept in client.connection_pool._available_connections] == [False]


def unless_cut(ask: Callable[[], bool]) -> Callable[[], bool]:
    """Return a question that is answered with no by the moment at which the old master closes its connections."""

    def answer() -> bool:
        try:
            return ask()
        except redis.ConnectionError:
            return False

    return answer


def test_clients_follow_a_failover(sentinel: int) -> None:
    url = f"redis+sentinel://{HOST}:1,{HOST}:{sentinel}/{SERVICE}/0"  # the first of them is away
    queue = get_redis_connection(queue_place(url))
    with redis_client(url, socket_timeout=5) as client:
        before = client.info("server")["tcp_port"]
        assert client.set("a", "b") and queue.get("a") == b"b"
        fail_over(sentinel)
        is_found = unless_cut(lambda: client.info("server")["tcp_port"] != before)
        eventually(is_found, "the client has found the new master", 60)
        assert client.set("a", "c")
        eventually(unless_cut(lambda: queue.get("a") == b"c"), "the queue's client has found it too", 60)
