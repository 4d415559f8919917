"""The whole stack as real processes: what it starts, what it survives, what it leaves behind."""

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamer_site.local.folder import AlreadyRunning
from streamer_site.local.process import FAILURES_TO_TELL
from streamer_site.local.stack import Stack, StackFailed
from streamer_site.secrets import REDIS_URL_FILE
from tests.local.waiting import is_alive

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
LIGHT = {"STREAMER_PRELOAD": "false"}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, ports=(0, 0), env=LIGHT, inherit_settings=False) as running:
        yield running


def get(url: str) -> int:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=20) as response:
        return int(response.status)


def test_it_works(stack: Stack) -> None:
    assert list(stack.supervisor.processes) == ["valkey", "web-1", "web-2", "worker-1", "worker-2", "sweeper"]
    assert [get(f"{url}/readyz") for url in stack.http_urls] == [200, 200]
    assert stack.ws_urls == [f"{url.replace('http', 'ws')}/ws/" for url in stack.http_urls]
    assert len(stack.pids("worker")) == 2
    assert (stack.data_dir / "logs/web-1.log").exists()


def test_it_works_in_a_folder_whatever_its_name(tmp_path: Path) -> None:
    env = {**LIGHT, "DJANGO_SETTINGS_MODULE": "streamer_site.settings"}
    with Stack(tmp_path / "a b+c%20[d]é*", env=env, inherit_settings=False) as odd:
        assert get(f"{odd.http_url}/readyz") == 200
        assert odd.token("alice").count(".") == 2
        for name in ("streamer.sqlite3", "logs/web.log", "logs/worker-1.log", "valkey/valkey.conf", REDIS_URL_FILE):
            assert (odd.data_dir / name).is_file(), name


def test_a_token_of_this_stack(stack: Stack) -> None:
    assert stack.token("alice", permissions="reports.generate").count(".") == 2


def test_a_failing_command_shows_why(stack: Stack) -> None:
    with pytest.raises(StackFailed, match="Unknown command: 'streamer_fish'"):
        stack.manage("streamer_fish")


def test_a_killed_web_process_comes_back_at_the_same_address(stack: Stack) -> None:
    before = stack.pids("web-1")
    stack.kill("web-1", signal.SIGKILL)
    assert get(f"{stack.http_url}/readyz") == 200  # waits in the socket that the stack holds open
    assert stack.pids("web-1") != before


def test_one_that_serves_has_started_however_often_it_was_killed(stack: Stack) -> None:
    for _ in range(FAILURES_TO_TELL + 1):
        stack.kill("web-1", signal.SIGKILL)
        stack.wait_until_ready()


def test_a_halted_web_process_refuses_until_it_is_restarted(stack: Stack) -> None:
    stack.halt("web-2")
    assert stack.pids("web-2") == []
    port = int(stack.http_urls[1].rsplit(":", 1)[1])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    stack.restart("web-2")
    stack.wait_until_ready()
    assert get(f"{stack.http_urls[1]}/readyz") == 200


def test_the_folder_is_refused_to_a_second_stack(stack: Stack) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}, at {stack.http_url}"):
        Stack(stack.data_dir).start()
    assert stack.pids("valkey")


def test_stop_leaves_nothing(tmp_path: Path) -> None:
    with Stack(tmp_path, workers=1, env=LIGHT, inherit_settings=False) as stack:
        pids = [pid for name in stack.supervisor.processes for pid in stack.pids(name)]
        assert len(pids) == 4
        assert (tmp_path / REDIS_URL_FILE).exists()
        assert stack.stop() == []
    assert not any(is_alive(pid) for pid in pids)
    assert not (tmp_path / REDIS_URL_FILE).exists()
    with Stack(tmp_path, workers=1, env=LIGHT, inherit_settings=False):  # and it can be started again on what is stored
        pass


def test_what_cannot_start_is_told_with_its_log(tmp_path: Path) -> None:
    stack = Stack(tmp_path, env={"STREAMER_HANDLERS": "no.such.package"}, inherit_settings=False)
    with pytest.raises(StackFailed, match=r"STREAMER_HANDLERS names 'no\.such\.package', which does not exist"):
        stack.start()
    assert not stack.is_running


def test_an_external_redis_is_used_instead(stack: Stack, tmp_path: Path) -> None:
    redis_url = (stack.data_dir / REDIS_URL_FILE).read_text().replace("/0", "/1")
    with Stack(tmp_path, workers=1, env={**LIGHT, "REDIS_URL": redis_url}, inherit_settings=False) as other:
        assert "valkey" not in other.supervisor.processes
        assert get(f"{other.http_url}/readyz") == 200
