import os
import subprocess
import sys

import pytest

from benchmarks.frame.machine import conditions, peer_versions
from benchmarks.frame.options import read_options
from benchmarks.frame.registry import SCENARIOS
from benchmarks.systems.cost import cpu_seconds, family, memory_mb
from benchmarks.systems.peers import PEER_SYSTEMS
from benchmarks.systems.streamer import is_loopback


def test_every_peer_is_in_the_short_set_and_every_scenario_in_the_full_one() -> None:
    options = read_options([])
    assert {"echo", "requests", "replay", "data"} <= set(options.only)
    assert {one.name for one in SCENARIOS} == set(read_options(["--set", "full"]).only) > set(options.only)
    assert [peer.name for peer in options.bench.theirs()] == [peer.name for peer in PEER_SYSTEMS]
    assert [system.name for system in options.bench.ours()] == ["Streamer, SQLite"]
    assert options.page


def test_a_part_of_it_can_be_asked_for() -> None:
    arguments = ["--only", "requests", "--peers", "bullmq,celery", "--rounds", "7"]
    options = read_options([*arguments, "--database", "postgres://root@127.0.0.1/streamer_bench", "--no-page"])
    assert options.only == ["requests"] and options.page is None and options.bench.rounds == 7
    assert [peer.key for peer in options.bench.theirs()] == ["bullmq", "celery"]
    assert [system.name for system in options.bench.ours()] == ["Streamer, SQLite", "Streamer, PostgreSQL"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--only", "sleep"], "sleep: it is none of"),
        (["--peers", "cron"], "cron: it is none of"),
        (["--rounds", "0"], "at least 1"),
        (["--database", "postgres://root@127.0.0.1/shop"], "must contain 'bench'"),
        (["--url", "ws://127.0.0.1:1/ws/"], "needs --signing-key"),
        (["--url", "ws://127.0.0.1:1/ws/", "--token", "x"], "does not answer"),
    ],
)
def test_a_wrong_command_line_is_refused_in_words(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_options(arguments)
    assert words in capsys.readouterr().err


def test_the_conditions_keep_no_secret() -> None:
    told = conditions(["--signing-key", "s3cret", "--token=s3cret", "--database", "postgres://u:s3cret@h/bench"], 2)
    assert "s3cret" not in told and "--signing-key" in told


def test_the_versions_of_all_peers_are_known() -> None:
    assert {"bullmq", "socket.io", "celery", "arq", "rq", "python-socketio", "fastapi", "gradio"} == set(
        peer_versions()
    )


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [("ws://127.0.0.1:8000/ws/", True), ("ws://[::1]/ws/", True), ("ws://localhost/", True), ("ws://10.0.0.7/", False)],
)
def test_loopback_shares_our_clock(url: str, is_ours: bool) -> None:
    assert is_loopback(url) is is_ours


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_cost_of_a_process_has_that_of_its_children() -> None:
    burn = "import hashlib; [hashlib.sha256(bytes(10**6)).digest() for _ in range({})]"
    inner = f"{burn.format(100)}; print(flush=True); input()"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
    with subprocess.Popen([sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        members = family([process.pid])
        assert len(members) == 2 and os.getpid() not in members
        assert cpu_seconds([process.pid]) > 0
        assert memory_mb([process.pid]) > 1
        process.stdin.close()
