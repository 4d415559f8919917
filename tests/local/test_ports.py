import socket

import pytest

from streamer_site.local.ports import HOST, free_port, listen, listen_from, port_of


def test_it_works() -> None:
    with listen() as listener, socket.create_connection((HOST, port_of(listener)), timeout=5):
        pass


def test_a_taken_port_is_an_error() -> None:
    with listen() as listener, pytest.raises(OSError):
        listen(port_of(listener))


def test_the_next_free_port_is_taken_instead() -> None:
    with listen() as first, listen_from(port_of(first)) as second:
        assert port_of(first) < port_of(second) <= port_of(first) + 100


def test_servers_live_below_the_ports_of_outgoing_connections() -> None:
    assert all(20000 <= free_port() < 32768 for _ in range(20))


def test_no_free_port_says_so() -> None:
    with listen(65535), pytest.raises(OSError, match="no free port between 65535 and 65535"):
        listen_from(65535)
