"""The fourth act: a client loses its connection, and a worker is killed. The work and its numbers go on."""

import asyncio
import subprocess
import time
from datetime import date, timedelta
from typing import Any

from jobs.formatting import format_count, format_duration
from streamer_site.local.client import Client, Followed
from streamer_site.local.demo.bars import Bars
from streamer_site.local.demo.stage import ActFailed, Stage, until
from streamer_site.local.stack import Stack

LEASE_SECONDS = 5
"""The seconds after which a silent worker counts as dead. Shorter than the default, so that nobody has to wait."""
_WEEKS = 52
_CUT_AT = 20.0
_KILL_AT = 40.0


async def play(stage: Stage) -> None:
    """Make a report for each week of a year, cut one of its two followers off, and kill its worker."""
    story = "52 reports in one request, followed by two clients. Then things are broken, for real."
    with stage.act("A worker is killed, a client is cut off", story) as scene:
        async with Client(stage.stack.ws_url, stage.token) as second:
            with stage.display.bars() as bars:
                made = await stage.send(scene, ("52 weekly reports", "bulk_operation", _weekly()), bars)
                await until(lambda: made.request_id, made, "it was acknowledged")
                seen = await second.follow(made.request_id, label="The same, client two", on_change=bars)
                scene.echoed.append(seen)
                lines = await _break(stage, second, made, seen, bars)
                await stage.client.wait(made)
                await second.wait(seen)
        for text, figure in lines:
            stage.display.tick(text, figure)
    if seen.seqs != made.seqs:
        raise ActFailed(f"The second client saw the numbers {seen.seqs}, the first one {made.seqs}")


async def _break(stage: Stage, second: Client, made: Followed, seen: Followed, bars: Bars) -> list[tuple[str, str]]:
    """Do both, wait for the new attempt, and let the client come back. Return what was measured."""
    await until(lambda: made.percentage >= _CUT_AT and seen.seqs, made, "a fifth of it was done")
    await second.cut()
    cut_at, last_seen = time.monotonic(), len(seen.seqs)
    _note(seen, "cut off", bars)
    stage.display.blow(f"The second client's connection is cut after message {last_seen}")

    await until(lambda: made.percentage >= _KILL_AT, made, "two fifths of it were done")
    names = await asyncio.to_thread(_kill_workers_at_work, stage.stack)
    killed_at, percentage = time.monotonic(), made.percentage
    _note(made, "its worker is dead", bars)
    stage.display.blow(f"SIGKILL to {' and '.join(names)}, which did this, at {percentage:.0f} %")

    await until(lambda: made.attempt > 1, made, "another worker took over")
    silent = time.monotonic() - killed_at
    _note(made, "", bars)
    await until(lambda: made.attempt in made.first_percentages, made, "the work went on")
    resumed = made.first_percentages[made.attempt]
    if resumed < percentage:
        raise ActFailed(f"The work was at {percentage:.0f} %, and then went on at {resumed:.0f} %")
    away = time.monotonic() - cut_at
    missed = len(made.seqs) - last_seen
    second.let_back()
    await until(lambda: len(seen.seqs) > last_seen, seen, "it caught up")
    _note(seen, "", bars)
    return [
        (
            f"Another worker went on at {resumed:.0f} %, not from the beginning",
            f"{format_duration(silent)} after the kill; a silent worker has {LEASE_SECONDS} s here",
        ),
        (
            f"Client two came back and got the {format_count(missed)} messages it had missed",
            f"after {format_duration(away)}",
        ),
    ]


def _note(followed: Followed, text: str, bars: Bars) -> None:
    followed.note = text
    bars(followed)


def _weekly() -> dict[str, Any]:
    first = date(2024, 12, 30)  # a Monday
    weeks = [(first + timedelta(weeks=number), first + timedelta(weeks=number, days=6)) for number in range(_WEEKS)]
    items = [
        {
            "start_date": start.isoformat(),
            "end_date": end.isoformat(),
            "source": "sample",
            "format": "csv",
            "report_type": "custom",
        }
        for start, end in weeks
    ]
    return {"operation": {"type": "action", "action": "generate_report"}, "items": items}


def _kill_workers_at_work(stack: Stack) -> list[str]:
    """Kill the worker that has a child, in which it runs requests. Return its name and process id."""
    listing = subprocess.run(["ps", "-A", "-o", "ppid="], capture_output=True, text=True, check=True).stdout
    parents = set(map(int, listing.split()))
    found = [one.program.name for one in stack.supervisor.named("worker") if one.pid in parents]
    if not found:
        raise ActFailed("No worker was at work when one was to be killed")
    killed = []
    for name in found:
        killed += [f"{name} (process {pid})" for pid in stack.pids(name)]
        stack.kill(name)
    return killed
