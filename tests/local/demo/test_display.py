import io

from rich.console import Console

from streamer_site.local.client import Followed
from streamer_site.local.demo.display import Display
from streamer_site.local.printing import LinePrinter


def plain_console() -> Console:
    return Console(file=io.StringIO(), width=100, highlight=False)


def written(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def run_through(display: Display, updates: int) -> None:
    """Show a request with ``updates`` progress updates that completes."""
    with display.bars() as bars:
        followed = Followed("A report", "generate_report", bars, {})
        followed.take({"type": "acknowledgment", "request_id": "1"})
        followed.take({"type": "started", "seq": 1, "attempt": 1})
        for number in range(updates):
            message = {"type": "progress", "percentage": 100 * number / updates, "message": "Drawing [charts]"}
            followed.take({**message, "seq": number + 2})
        followed.take({"type": "complete", "final": True, "seq": updates + 2, "result": {}})


def test_without_a_terminal_there_are_few_plain_lines() -> None:
    console = plain_console()
    run_through(Display(console), updates=1000)
    lines = written(console).splitlines()
    assert len(lines) == 5  # the start, three quarters, the end
    assert lines[1].split() == ["A", "report", "25", "%", "Drawing", "[charts]"]
    assert "completed after" in lines[-1]
    assert "\x1b" not in written(console)


def test_on_a_terminal_the_bar_ends_full() -> None:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, highlight=False)
    run_through(Display(console), updates=1000)
    assert "100 %" in written(console).splitlines()[-2]  # the last line gives the cursor back


def test_a_failure_shows_its_reason() -> None:
    console = plain_console()
    with Display(console).bars() as bars:
        followed = Followed("A report", "generate_report", bars, {})
        followed.take({"type": "error", "final": True, "seq": 1, "error": {"message": "no [such] source"}})
    assert "failed after" in written(console) and "no [such] source" in written(console)


def test_lines_of_processes_carry_their_name_and_stay_whole() -> None:
    console = plain_console()
    line = "[red]not markup[/] \x1b[31mcoloured\x1b[0m " + "x" * 200
    LinePrinter(console)("worker-1", line)
    assert written(console) == f"worker-1  │ [red]not markup[/] coloured {'x' * 200}\n"
