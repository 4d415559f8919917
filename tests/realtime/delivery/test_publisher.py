"""Hints are published on kept connections, which may be cut, and no caller waits long for a server that is silent."""

import os
import socket
import time

import pytest
import redis
from django.conf import settings

from jobs.queue.wakeups import connection
from realtime.delivery.publisher import Publisher

CHANNEL = b"streamer-test-publisher"


def connections_of(name: str) -> list[str]:
    return [client["id"] for client in connection().client_list() if client["name"] == name]


def test_it_works() -> None:
    publisher = Publisher(redis.Redis.from_url(settings.REDIS_URL))
    with connection().pubsub(ignore_subscribe_messages=True) as subscription:  # type: ignore[no-untyped-call]
        subscription.subscribe(CHANNEL)
        subscription.get_message(timeout=5)
        counts = publisher.publish([(CHANNEL, b"one"), (b"other", b"two"), (CHANNEL, b"\r\nthree")])
        assert counts == [1, 0, 1]
        received = [subscription.get_message(timeout=5) for _ in range(2)]
    assert [message and message["data"] for message in received] == [b"one", b"\r\nthree"]


def test_a_kept_connection_that_was_cut_is_made_anew() -> None:
    publisher = Publisher(redis.Redis.from_url(settings.REDIS_URL, client_name="publisher"))
    publisher.publish([(CHANNEL, b"one")])
    (kept,) = connections_of("publisher")
    connection().client_kill_filter(_id=kept)
    publisher.publish([(CHANNEL, b"two")])
    (other,) = connections_of("publisher")
    assert other != kept


def test_a_forked_process_has_connections_of_its_own() -> None:
    publisher = Publisher(redis.Redis.from_url(settings.REDIS_URL, client_name="forked"))
    publisher.publish([(CHANNEL, b"one")])
    (kept,) = connections_of("forked")
    if not (child := os.fork()):
        try:
            publisher.publish([(CHANNEL, b"two")])
            os._exit(0 if len(connections_of("forked")) == 2 else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    publisher.publish([(CHANNEL, b"three")])
    assert kept in connections_of("forked")


def test_a_silent_server_is_asked_once_and_not_for_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        publisher = Publisher(redis.Redis.from_url(address, socket_timeout=0.2, driver_info=None, protocol=2))
        started = time.monotonic()
        with pytest.raises(redis.TimeoutError):
            publisher.publish([(CHANNEL, b"one")])
        assert time.monotonic() - started < 5
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
