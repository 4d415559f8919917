import signal
from pathlib import Path

import pytest

from streamer_site.local.process import _pause_seconds
from streamer_site.local.supervisor import Supervisor
from tests.local.conftest import MakeProgram
from tests.local.owner import GENTLE, PARENT, STUBBORN
from tests.local.waiting import eventually, is_alive, living_in_group
from tests.small_disk import mount_small_disk

Lines = list[tuple[str, str]]


def test_it_works(supervisor: Supervisor, program: MakeProgram, lines: Lines, tmp_path: Path) -> None:
    process = supervisor.add(program("greeter", "print('hello \\033[31mred\\033[0m', flush=True); " + GENTLE))
    eventually(lambda: ("greeter", "up") in lines, "the process is up")
    pid = process.pid
    assert pid and is_alive(pid)
    assert supervisor.close() == []
    assert not is_alive(pid)
    assert ("greeter", "hello \x1b[31mred\x1b[0m") in lines
    assert (tmp_path / "logs/greeter.log").read_text() == "hello red\nup\n"


def test_a_crashed_process_is_started_again(supervisor: Supervisor, program: MakeProgram, lines: Lines) -> None:
    process = supervisor.add(program("gentle", GENTLE))
    eventually(lambda: ("gentle", "up") in lines, "the process is up")
    first = process.pid
    process.send(signal.SIGKILL)
    eventually(lambda: lines.count(("gentle", "up")) == 2, "the process is up again")
    assert process.pid != first
    assert ("streamer", "gentle ended (SIGKILL); it is started again at once") in lines


def test_a_full_disk_costs_lines_and_stops_no_process(program: MakeProgram, tmp_path: Path) -> None:
    lines: Lines = []
    with mount_small_disk(tmp_path / "disk", mebibytes=1) as disk:
        supervisor = Supervisor(disk.path / "logs", lambda name, line: lines.append((name, line)))
        disk.fill()
        talk = "[print('x' * 1000, flush=True) for _ in range(500)]; print('said it all', flush=True); "
        supervisor.add(program("talker", talk + GENTLE))
        eventually(lambda: ("talker", "said it all") in lines, "somebody reads what it says")
        assert supervisor.close() == []


def test_no_process_is_left_away_for_long() -> None:
    killed = [_pause_seconds(failures, was_killed=True) for failures in range(8)]
    assert killed == [0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0]


def test_one_that_ends_by_itself_again_and_again_is_no_hot_loop() -> None:
    ended = [_pause_seconds(failures, was_killed=False) for failures in (1, 5, 7, 8, 9, 10_000)]
    assert ended == [0.25, 4.0, 16.0, 30.0, 30.0, 30.0]


def test_one_that_cannot_start_is_tried_ever_more_slowly_and_its_log_shown(
    supervisor: Supervisor, program: MakeProgram, lines: Lines
) -> None:
    supervisor.add(program("broken", "raise SystemExit('no such table: fish')"))

    def ends() -> list[str]:
        return [line for name, line in lines if name == "streamer" and "started again" in line]

    eventually(lambda: len(ends()) >= 4, "four ends are told")
    notices = [line for name, line in lines if name == "streamer"]
    assert "It failed 3 times in a row" in "\n".join(notices)
    assert "    no such table: fish" in notices
    pauses = [line.split("started again ")[1].split(".")[0] for line in ends()]
    assert pauses[:4] == ["at once", "at once", "in 1", "in 2"]


def test_a_program_that_does_not_exist_says_so(
    supervisor: Supervisor, program: MakeProgram, lines: Lines, tmp_path: Path
) -> None:
    ghost = program("ghost", "")
    process = supervisor.add(type(ghost)(name="ghost", argv=("/nowhere/ghost",), env={}, cwd=tmp_path))
    eventually(lambda: process.failures, "it fails")
    assert "/nowhere/ghost" in "\n".join(process.tail)


def test_stop_ends_all_and_kills_the_stubborn(supervisor: Supervisor, program: MakeProgram, lines: Lines) -> None:
    supervisor.add(program("gentle", GENTLE))
    supervisor.add(program("stubborn", STUBBORN, grace_seconds=0.3))
    supervisor.add(program("parent", PARENT))
    eventually(lambda: [line for _, line in lines].count("up") == 4, "all four processes are up")
    pids = [process.pid for process in supervisor.processes.values() if process.pid]
    parent_pid = pids[-1]
    assert len(living_in_group(parent_pid)) == 2
    assert supervisor.close() == ["stubborn"]
    assert not any(is_alive(pid) for pid in pids)
    # What the parent left behind goes with it: it has had its SIGKILL, and ends when it gets a core.
    eventually(lambda: living_in_group(parent_pid) == [], "the child of the parent has ended")


def test_the_base_is_stopped_last(supervisor: Supervisor, program: MakeProgram, lines: Lines) -> None:
    last_words = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); " + GENTLE
    supervisor.add(program("base", last_words, is_base=True))
    supervisor.add(program("user", last_words))
    eventually(lambda: [line for _, line in lines].count("up") == 2, "both are up")
    supervisor.close()
    assert [name for name, line in lines if line == "bye"] == ["user", "base"]


def test_hurry_ends_a_long_grace(supervisor: Supervisor, program: MakeProgram, lines: Lines) -> None:
    process = supervisor.add(program("stubborn", STUBBORN, grace_seconds=3600))
    eventually(lambda: ("stubborn", "up") in lines, "the process is up")
    process.halt()
    supervisor.hurry()
    assert process.join(10)


def test_a_process_is_found_by_name_and_by_kind(supervisor: Supervisor, program: MakeProgram) -> None:
    for name in ("worker-1", "worker-2", "workers"):
        supervisor.add(program(name, GENTLE))
    assert [process.program.name for process in supervisor.named("worker")] == ["worker-1", "worker-2"]
    assert [process.program.name for process in supervisor.named("worker-2")] == ["worker-2"]
    with pytest.raises(KeyError, match="no process is called 'web'"):
        supervisor.named("web")
