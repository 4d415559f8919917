"""A rolling restart under load: every process is replaced, one after another, and afterwards the books must balance.

With ``old_code`` it is an upgrade and a roll back: the processes of that release meet the tables of this one.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import redis

from streamer_site.local.stack import PROJECT_DIR, Stack
from tests.chaos.ground import Ground
from tests.chaos.steady import SteadyLoad
from tests.chaos.stream import Balance, Stream
from tests.chaos.triggers import ChaosFailed
from tests.chaos.verdict import find_problems

_BEFORE_SECONDS = 2.0
_READY_SECONDS = 90.0
_END_SECONDS = 60.0
_POLL_SECONDS = 0.1
_SWEEPERS = "streamer:sweeper:*"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One process that another took the place of."""

    old: str
    new: str
    phase: str
    ready_seconds: float
    """From the start of the new one until it served."""
    drain_seconds: float
    """From SIGTERM to the old one's end."""
    in_order: bool
    """False: it was killed, because its grace was over. Nothing is lost by that."""


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """The whole of it, as the clients and the doctor saw it."""

    steps: tuple[Step, ...]
    requests: int
    handed_back: int
    """Requests that another worker started anew, because theirs had to end."""
    gap_seconds: float
    """The longest time between two messages of a running request."""
    accept_seconds: float
    """The longest time from a request to its acknowledgment."""
    balance: Balance
    problems: tuple[str, ...] = ()
    doctor: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not (self.balance or self.problems or self.doctor)

    def as_json(self) -> dict[str, Any]:
        return {"good": self.is_good, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The processes to replace, and the database."""

    database_url: str = ""
    """An empty database; "" is SQLite."""
    old_code: Path | None = None
    """The folder of the release to begin with."""
    per_kind: int | None = None
    """The most processes of a kind that are replaced; None: all."""


async def roll(plan: Plan, on_step: Callable[[Step], None] = lambda _: None) -> Rolled:
    """Run a stack with load and replace its processes. Raises ``ChaosFailed``, ``StackFailed``."""
    ground = Ground(database_url=plan.database_url, code_dir=plan.old_code)
    await asyncio.to_thread(ground.__enter__)
    try:
        urls = ground.stack.ws_urls
        async with SteadyLoad(urls, ground.signing_key) as load:
            await asyncio.sleep(_BEFORE_SECONDS)  # something must be under way
            steps = await asyncio.to_thread(lambda: list(_phases(ground.stack, urls, plan, on_step)))
            all_ended = await load.until_ended(_END_SECONDS)
        ground.stack.code_dir = PROJECT_DIR
        return _verdict(steps, load.streams, all_ended, await ground.examine())
    finally:
        await asyncio.to_thread(ground.__exit__, None, None, None)


def _phases(stack: Stack, urls: list[str], plan: Plan, on_step: Callable[[Step], None]) -> Iterator[Step]:
    for phase, code in _codes(plan):
        stack.code_dir = code
        if phase == "upgrade":
            stack.manage("migrate", "--no-input")
        for step in _replace_all(stack, urls, phase, plan.per_kind):
            on_step(step)
            yield step


def _codes(plan: Plan) -> Iterator[tuple[str, Path]]:
    if plan.old_code is None:
        yield "restart", PROJECT_DIR
    else:
        yield "upgrade", PROJECT_DIR
        yield "roll back", plan.old_code


def _replace_all(stack: Stack, urls: list[str], phase: str, per_kind: int | None) -> Iterator[Step]:
    names = [name for kind in ("sweeper", "worker", "web") for name in _names(stack, kind)[:per_kind]]
    url_of = dict(zip(_names(stack, "web"), stack.ws_urls, strict=True))
    for name in reversed(names) if phase == "roll back" else names:
        began_at = time.monotonic()
        new = stack.start_beside(name)
        _wait_until_it_serves(stack, new)
        ready_at = time.monotonic()
        if name.startswith("web"):
            urls[:] = [url for url in stack.ws_urls if url != url_of[name]]
        in_order = stack.retire(name)
        yield Step(
            old=name,
            new=new,
            phase=phase,
            ready_seconds=round(ready_at - began_at, 2),
            drain_seconds=round(time.monotonic() - ready_at, 2),
            in_order=in_order,
        )


def _names(stack: Stack, kind: str) -> list[str]:
    return [process.program.name for process in stack.supervisor.named(kind)]


def _wait_until_it_serves(stack: Stack, name: str) -> None:
    if name.startswith("web"):
        stack.wait_until_ready(_READY_SECONDS)
        return
    give_up_at = time.monotonic() + _READY_SECONDS
    with redis.Redis.from_url(stack.env["REDIS_URL"], decode_responses=True) as books:
        while not _pids(books, name) & set(stack.pids(name)):
            if time.monotonic() > give_up_at:
                raise ChaosFailed(f"{name} does not serve after {_READY_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)


def _pids(books: redis.Redis, name: str) -> set[int]:
    """Read the ids of the processes that have reported themselves."""
    if name.startswith("sweeper"):
        return {int(key.rpartition(":")[2]) for key in books.scan_iter(_SWEEPERS)}
    workers = books.smembers("rq:workers")
    return {int(pid) for worker in workers if (pid := books.hget(worker, "pid"))}


def _verdict(steps: Sequence[Step], streams: Sequence[Stream], all_ended: bool, doctor: Sequence[str]) -> Rolled:
    return Rolled(
        steps=tuple(steps),
        requests=len(streams),
        handed_back=sum(map(_was_handed_back, streams)),
        gap_seconds=round(max((stream.longest_gap for stream in streams), default=0.0), 2),
        accept_seconds=round(max((stream.accept_seconds for stream in streams), default=0.0), 2),
        balance=sum((stream.balance() for stream in streams), Balance()),
        problems=tuple(find_problems(streams, all_ended=all_ended)),
        doctor=tuple(doctor),
    )


def _was_handed_back(stream: Stream) -> bool:
    fails_once = stream.wanted.action == "chaos_second_time"
    return any(event.get("attempt", 1) > 1 + fails_once for event in stream.events)
