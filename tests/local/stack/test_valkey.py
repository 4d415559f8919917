import signal
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streamer_site.local.ports import free_port
from streamer_site.local.process import describe_status
from streamer_site.local.supervisor import Supervisor
from streamer_site.local.valkey import EmbeddedValkey, ValkeyFailed
from streamer_site.secrets import REDIS_URL_FILE, recorded_redis_url
from tests.local.waiting import eventually


def answers(url: str) -> bool:
    with redis.Redis.from_url(url) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def test_it_works(supervisor: Supervisor, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    valkey.start(supervisor)
    assert recorded_redis_url(tmp_path) == valkey.url
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        client.set("fish", "trout")
        assert client.get("fish") == "trout"
    valkey.forget()
    assert recorded_redis_url(tmp_path) == ""


def test_nobody_gets_in_without_the_password(supervisor: Supervisor, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    valkey.start(supervisor)
    no_retry = Retry(NoBackoff(), 0)
    with (
        redis.Redis(host="127.0.0.1", port=valkey.port, retry=no_retry) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_the_password_is_in_private_files_only(supervisor: Supervisor, tmp_path: Path) -> None:
    EmbeddedValkey(tmp_path).start(supervisor)
    for name in (REDIS_URL_FILE, "valkey/valkey.conf"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert supervisor.processes["valkey"].program.argv[1:] == (str(tmp_path / "valkey" / "valkey.conf"),)
    assert not any("PASS" in name or "URL" in name for name in supervisor.processes["valkey"].program.env)


def test_data_and_address_hold_over_a_crash(supervisor: Supervisor, tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path)
    valkey.start(supervisor)
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        client.set("fish", "trout")
        eventually(lambda: client.info("persistence")["aof_buffer_length"] == 0, "the log is written")
    first = supervisor.processes["valkey"].pid
    supervisor.processes["valkey"].send(signal.SIGKILL)
    eventually(lambda: supervisor.processes["valkey"].pid not in (first, None), "it is started again")
    eventually(lambda: answers(valkey.url), "it answers again")
    with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
        assert client.get("fish") == "trout"


def test_data_holds_over_an_orderly_restart(tmp_path: Path) -> None:
    for expected in (None, "trout"):
        supervisor = Supervisor(tmp_path / "logs", lambda *_: None)
        valkey = EmbeddedValkey(tmp_path)
        try:
            valkey.start(supervisor)
            with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
                assert client.get("fish") == expected
                client.set("fish", "trout")
        finally:
            assert supervisor.close() == []


def test_a_taken_port_makes_it_try_another(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = EmbeddedValkey(tmp_path / "first")
    first.start(supervisor)
    spare = free_port()  # the one after the first may be that of any other server on the machine
    ports = iter([first.port, spare])
    monkeypatch.setattr("streamer_site.local.valkey.free_port", lambda: next(ports))
    other = Supervisor(tmp_path / "logs", lambda *_: None)
    try:
        second = EmbeddedValkey(tmp_path / "second")
        second.start(other)
        assert second.port == spare
        assert answers(first.url) and answers(second.url)
    finally:
        other.close()


def test_one_that_cannot_start_shows_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "valkey").mkdir()
    (tmp_path / "valkey/appendonlydir").write_text("in the way")
    with pytest.raises(ValkeyFailed, match="appendonlydir"):
        EmbeddedValkey(tmp_path).start(supervisor)


def test_an_end_is_told_in_words() -> None:
    assert describe_status(-signal.SIGKILL) == "SIGKILL"
    assert describe_status(3) == "exit status 3"
