"""One scenario: clients at work, the fault, more work, and the verdict."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.load import Load
from tests.chaos.stream import Stream, Wanted
from tests.chaos.verdict import Verdict, find_problems
from tests.hosts.faults import Scene
from tests.hosts.fleet import SIGNING_KEY
from tests.hosts.ground import Ground
from tests.hosts.lab import LabFailed
from tests.hosts.scenarios import Scenario

_BEGIN_SECONDS = 60.0
_END_SECONDS = 120.0
_LOSS_SECONDS = 30.0
_POLL_SECONDS = 0.05
_ECHO = Wanted(action="echo_async", payload={"message": "still here?"})
_FILE = Wanted(action="chaos_file")


@dataclass(frozen=True, kw_only=True)
class Result(Verdict):
    """``recovery_seconds`` are the longest of a request that ran."""

    scenario: Scenario
    lost_commits: int = 0
    """Acknowledged requests that the database has no more."""

    @property
    def is_good(self) -> bool:
        return self.scenario.may_lose or (super().is_good and not self.lost_commits)

    def as_json(self) -> dict[str, Any]:
        return {"scenario": self.scenario.name, **super().as_json(), "lost_commits": self.lost_commits}


def first_wave() -> list[list[Wanted]]:
    """Return the requests that each client sends at once: one that lasts, for each worker, and short ones."""
    lasting = Wanted(action="chaos_steps", payload={"steps": 40, "seconds": 6.0})
    return [[lasting, _FILE], [lasting, Wanted(action="chaos_second_time")], [lasting, _ECHO], [lasting, _FILE]]


def second_wave() -> list[list[Wanted]]:
    """Return the requests that each client sends as soon as the fault was raised."""
    steps = Wanted(action="chaos_steps", payload={"steps": 20, "seconds": 1.0})
    return [[steps, _ECHO], [_FILE], [_ECHO, steps], [Wanted(action="delay", payload={"seconds": 1, "steps": 10})]]


async def try_scenario(scenario: Scenario, ground: Ground, seed: int) -> Result:
    """Try a scenario. Raises ``LabFailed`` when the lab cannot go on."""
    started_at = time.monotonic()
    rng = random.Random(f"{seed} {scenario.name}")
    async with Load(ground.fleet.ws_urls, SIGNING_KEY, rng) as load:
        await load.ask(first_wave())
        await _until_all_lasting_run(load)
        running = [stream for stream in load.streams if _runs(stream)]
        at = await scenario.fault(Scene(ground=ground, ask_more=lambda: load.ask(second_wave())))
        all_ended = await load.until_ended(_LOSS_SECONDS if scenario.may_lose else _END_SECONDS)
        lost_commits = await asyncio.to_thread(_count_lost, scenario, ground, load.streams)
        problems = list(find_problems(load.streams, all_ended=all_ended))
        doctor = [] if scenario.may_lose else await asyncio.to_thread(ground.examine)
    await asyncio.to_thread(scenario.mend, ground)
    return Result(
        scenario=scenario,
        requests=len(load.streams),
        seconds=time.monotonic() - started_at,
        recovery_seconds=recovery_seconds(running, at),
        balance=load.balance(),
        doctor=tuple(doctor),
        problems=tuple(problems),
        lost_commits=lost_commits,
    )


def _runs(stream: Stream) -> bool:
    """Return True if its attempt has begun. One that is to be repeated may wait for a worker for any time."""
    last = stream.events[-1] if stream.events else None
    return last is not None and last["type"] not in ("retrying", "waiting") and not stream.ended


async def _until_all_lasting_run(load: Load) -> None:
    lasting = [stream for stream in load.streams if stream.wanted.action == "chaos_steps"]
    give_up_at = time.monotonic() + _BEGIN_SECONDS
    while not all(any(event["type"] == "progress" for event in stream.events) for stream in lasting):
        if time.monotonic() > give_up_at:
            raise LabFailed("Not every request of the first wave had begun before the fault")
        await asyncio.sleep(_POLL_SECONDS)


def recovery_seconds(streams: Sequence[Stream], at: float) -> float | None:
    """Return the longest time from then to the next numbered message of one of the streams. None: there was none."""
    waits = []
    for stream in streams:
        later = [moment for moment, message in stream.arrivals if "seq" in message and message["type"] != "retrying"]
        first = next((moment for moment in later if moment > at), None)
        if first is not None:
            waits.append(first - at)
    return max(waits, default=None)


def _count_lost(scenario: Scenario, ground: Ground, streams: Sequence[Stream]) -> int:
    """Count the acknowledged requests that the database, or its promoted replica, does not have."""
    servers = ground.servers
    database = servers.others[0] if servers.others else servers.database
    known = {str(pk) for (pk,) in database.execute("SELECT id FROM jobs_asyncrequest")}
    return sum(bool(stream.request_id) and stream.request_id not in known for stream in streams)
