"""The steps of ``make demo``: a whole stack, a client on its real socket, reports, and a check of all messages."""

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from streamer_site.local.client import Client, ConnectionEnded, Followed
from streamer_site.local.display import Display
from streamer_site.local.downloads import Download, DownloadFailed, download
from streamer_site.local.stack import PROJECT_DIR, Stack, end_of_log

DATA_DIR = PROJECT_DIR / "var" / "demo"
SAMPLE_DIR = PROJECT_DIR / "var" / "sample"
_ECHOES = 50
_USER = "demo"

Asked = tuple[str, str, Mapping[str, Any]]
"""Label, action, payload."""


def make_stack(data_dir: Path = DATA_DIR) -> Stack:
    """Make a stack on a folder of its own, whatever the shell has configured. The sample is kept between demos."""
    env = {
        "STREAMER_SAMPLE_DIR": str(SAMPLE_DIR),
        "STREAMER_STORAGE_OPTIONS": json.dumps({"location": str(data_dir / "storage")}),
    }
    return Stack(data_dir, env=env, inherit_settings=False, wipe=True, prepare=["streamer_sample"])


def tell(stack: Stack, display: Display) -> list[str]:
    """Start the stack and run the steps. Return the texts of all failures."""
    display.title("Streamer demo", str(stack.data_dir))
    started_at = time.monotonic()
    with display.doing("Starting a fresh database, the sample data, and all processes"):
        stack.start()
        token = stack.token(_USER)
    processes = ", ".join(stack.supervisor.processes)
    display.tick(f"Running: {processes}", f"{time.monotonic() - started_at:.1f} s")
    return asyncio.run(_act(stack, token, display))


def explain(stack: Stack, problems: Sequence[str], display: Display) -> None:
    """Say what failed, and show the log of the process that failed, or else those of the workers."""
    display.heading("The demo failed")
    for problem in problems:
        display.cross(problem)
    supervisor = stack.supervisor
    for process in supervisor.failing() or supervisor.named("worker"):
        display.note(end_of_log(process))
    display.note(f"All logs are in {stack.data_dir / 'logs'}")


async def _act(stack: Stack, token: str, display: Display) -> list[str]:
    try:
        async with Client(stack.ws_url, token) as client:
            display.tick(f"Connected to {stack.ws_url} as {client.welcome['user_id']}")
            followed = await _echo(client, display)
            display.heading("A year of the sample as a report, three ways")
            followed += await _ask(client, _yearly_reports(), display)
            display.heading("Ten requests at once, two workers")
            followed += await _ask(client, _ten_requests(), display)
            await client.ping()  # after it, no more messages are on their way
            problems = [fault for one in followed for fault in one.faults()]
            problems += await _fetch_files(stack, followed, display)
            if not problems:
                _balance(client, followed, display)
            return problems
    except (ConnectionEnded, OSError) as error:
        return [str(error)]


async def _echo(client: Client, display: Display) -> list[Followed]:
    followed = [await client.wait(await client.send("echo", {"message": number})) for number in range(_ECHOES)]
    milliseconds = [1000 * one.seconds for one in followed]
    display.tick(
        f"{_ECHOES} echoes, one after the other",
        f"median {statistics.median(milliseconds):.1f} ms, slowest {max(milliseconds):.1f} ms",
    )
    return followed


async def _ask(client: Client, asked: Sequence[Asked], display: Display) -> list[Followed]:
    """Send all requests, show them while they run, and wait for all."""
    with display.bars() as bars:
        sent = [await client.send(action, payload, label=label, on_change=bars) for label, action, payload in asked]
        return [await client.wait(one) for one in sent]


def _yearly_reports() -> list[Asked]:
    year = {"start_date": "2025-01-01", "end_date": "2025-12-31", "source": "sample"}
    return [
        ("PDF with charts", "generate_report", {**year, "format": "pdf", "include_charts": True}),
        ("Excel with charts", "generate_report", {**year, "format": "excel", "include_charts": True}),
        ("CSV", "generate_report", {**year, "format": "csv"}),
    ]


def _ten_requests() -> list[Asked]:
    spring = {"start_date": "2025-03-01", "end_date": "2025-05-31", "source": "sample"}
    week = {"start_date": "2025-11-24", "end_date": "2025-11-30", "source": "sample", "report_type": "custom"}
    return [
        *((f"Delay {number}", "delay", {"seconds": 2 + number, "steps": 40}) for number in (1, 2, 3)),
        *((f"Echo from a worker {number}", "echo_async", {"message": number}) for number in (1, 2, 3)),
        ("Spring, PDF", "generate_report", {**spring, "format": "pdf"}),
        ("Spring, Excel", "generate_report", {**spring, "format": "excel"}),
        ("Quarters, CSV", "generate_report", {**spring, "format": "csv", "report_type": "quarterly"}),
        ("One week, CSV", "generate_report", {**week, "format": "csv"}),
    ]


async def _fetch_files(stack: Stack, followed: Sequence[Followed], display: Display) -> list[str]:
    """Download every file over HTTP and show the result. Return the texts of all failures."""
    display.heading("Files, each with the size and sha256 the server announced")
    folder = stack.data_dir / "files"
    folder.mkdir(exist_ok=True)
    problems, rows = [], []
    for one in followed:
        for artifact in _artifacts(one.result):
            try:
                file = await asyncio.to_thread(download, stack.http_url, artifact, folder)
            except DownloadFailed as error:
                problems.append(str(error))
            else:
                rows.append(_row(one, file))
    headings = [("File", False), ("Size", True), ("Made in", True), ("Fetched", True), ("sha256", False)]
    display.table(headings, rows)
    display.note(f"  in {folder}")
    return problems


def _artifacts(result: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "artifact_id" in result:
        yield result


def _row(made: Followed, file: Download) -> tuple[str, ...]:
    kilobytes = file.size_bytes / 1000
    size = f"{kilobytes / 1000:.1f} MB" if kilobytes >= 1000 else f"{kilobytes:.0f} kB"
    times = (f"{made.seconds:.1f} s", f"{1000 * file.seconds:.0f} ms")
    return (file.path.name, size, *times, f"{file.sha256[:10]}…")


def _balance(client: Client, followed: Sequence[Followed], display: Display) -> None:
    """Show the totals. They were checked: each request had one final message, and its numbers had no gap."""
    numbered = sum(len(one.seqs) for one in followed)
    queued = sum(one.was_queued for one in followed)
    display.heading("Books")
    display.tick(f"{len(followed)} requests, each with exactly one final message", f"{queued} by way of the queue")
    display.tick(f"{numbered} numbered messages, none missing, doubled or out of order", f"{client.messages} in all")
    if client.returns:
        display.note(f"  Reconnections after a lost connection: {client.returns}")
