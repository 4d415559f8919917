"""One cell: clients at work, the trap, the fault, more work, and the verdict."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.cells import MID_RUN, RECOVERY_POINTS, Cell
from tests.chaos.faults import raised
from tests.chaos.faults.scene import Scene
from tests.chaos.ground import Ground
from tests.chaos.load import Load, first_wave, second_wave
from tests.chaos.stream import Stream
from tests.chaos.triggers import Hit
from tests.chaos.verdict import Verdict, find_problems

_REACH_SECONDS = 30.0
_END_SECONDS = 60.0
# Errors that a client may be told when no file can be stored.
_DISK_ERRORS = ("error INTERNAL_ERROR", "error PROCESSING_FAILED")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command line for every cell."""

    seed: int = 1
    database_url: str = ""
    """An empty database for the stacks; "" is SQLite."""
    away_seconds: float = 20.0
    postgres_restart: str = ""


@dataclass(frozen=True, kw_only=True)
class Result(Verdict):
    """``recovery_seconds`` are those of the hit request, of several the last."""

    cell: Cell
    outcomes: tuple[tuple[str, int], ...] = ()
    """The types of final messages (an error with its code), each with its number of requests."""

    def as_json(self) -> dict[str, Any]:
        return {"cell": self.cell.name, **super().as_json(), "outcomes": dict(self.outcomes)}


async def try_cell(cell: Cell, ground: Ground, options: Options) -> Result:
    """Try one cell. Raises ``ChaosFailed`` when the matrix cannot go on."""
    started_at = time.monotonic()
    await asyncio.to_thread(ground.stack.wait_until_ready)
    ground.traps.clear()
    ground.set_clock(0)
    rng = random.Random(f"{options.seed} {cell.name}")
    async with Load(ground.stack.ws_urls, ground.signing_key, rng) as load:
        hit = await _hit(cell, ground, load)
        if hit is not None:
            scene = Scene(
                cell=cell,
                ground=ground,
                load=load,
                hit=hit,
                away_seconds=options.away_seconds,
                database_url=options.database_url,
                postgres_restart=options.postgres_restart,
            )
            async with raised(scene):
                await load.ask(second_wave())
        all_ended = await load.until_ended(_END_SECONDS + ground.lease_seconds)
        balance = load.balance()
        recovery = recovery_seconds(cell, load.streams, hit) if hit else None
        problems = [
            *_problems(cell, load.streams, hit, all_ended),
            *late_recovery(cell, recovery, ground.lease_seconds),
        ]
        doctor = await ground.examine()  # after the verdict on the streams, because it repairs what it finds
    return Result(
        cell=cell,
        requests=len(load.streams),
        seconds=time.monotonic() - started_at,
        recovery_seconds=recovery,
        balance=balance,
        doctor=tuple(doctor),
        problems=tuple(problems),
        outcomes=tuple(sorted(Counter(stream.outcome or "none" for stream in load.streams).items())),
    )


async def _hit(cell: Cell, ground: Ground, load: Load) -> Hit | None:
    """Set the trap, begin the load, and wait until a process is at the point."""
    if cell.point in RECOVERY_POINTS:  # there must be something to recover
        ground.traps.set(MID_RUN, "kill-self")
    ground.traps.set(cell.point, cell.fault.order)
    await load.ask(first_wave())
    return await ground.traps.wait_for(cell.point, _REACH_SECONDS)


def _problems(cell: Cell, streams: Sequence[Stream], hit: Hit | None, all_ended: bool) -> Iterator[str]:
    if hit is None:
        yield f"no process came by {cell.point.name}"
    yield from find_problems(streams, all_ended=all_ended, may_fail=lambda stream: _may_fail(cell, stream))


def _may_fail(cell: Cell, stream: Stream) -> bool:
    return cell.fault.kind == "disk" and stream.outcome in _DISK_ERRORS


def late_recovery(cell: Cell, seconds: float | None, lease_seconds: float) -> Iterator[str]:
    """Say that recovery took longer than is promised for the cell."""
    longest = cell.longest_recovery(lease_seconds)
    if seconds is not None and longest is not None and seconds > longest:
        yield f"recovery took {seconds:.1f} s, and at most {longest:g} s are promised"


def recovery_seconds(cell: Cell, streams: Sequence[Stream], hit: Hit) -> float | None:
    """Return the longest time from the fault to the first message of a hit request. None when there was no message."""
    concerned = [stream for stream in streams if {stream.request_id, stream.client_id} & set(hit.requests)]
    times = [_first_news(cell, stream, hit.at) for stream in concerned]
    return max((moment - hit.at for moment in times if moment is not None), default=None)


def _first_news(cell: Cell, stream: Stream, fault_at: float) -> float | None:
    """Return its time. A message that was on its way before the fault, or only announces a retry, does not count."""
    for arrived_at, message in stream.arrivals:
        was_on_its_way = cell.point.is_progress_written and message["timestamp"] < fault_at
        if arrived_at > fault_at and message["type"] != "retrying" and (message.get("final") or not was_on_its_way):
            return arrived_at
    return None
