"""Faults of a ground while its clients are at work. Each returns the moment from which recovery counts."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import redis

from tests.hosts.ground import Ground
from tests.hosts.servers import SERVICE

OUTAGE_SECONDS = 20.0
SLOW_KILOBITS = 256
# A person, or a program that watches, needs some time before it promotes a replica.
_DECISION_SECONDS = 3.0
_STANDSTILL_SECONDS = 3.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The ground, and the clients' second wave of requests, to be sent once the fault is there."""

    ground: Ground
    ask_more: Callable[[], Awaitable[None]]


Fault = Callable[[Scene], Awaitable[float]]
"""Raises the fault, has the clients ask for more, and returns Unix seconds."""


def lose_host(name: str) -> Fault:
    """Take the power of a host and its network away, until the verdict."""

    async def fault(scene: Scene) -> float:
        at = time.time()
        await asyncio.to_thread(scene.ground.host(name).lose_power)
        await scene.ask_more()
        return at

    return fault


def return_host(name: str) -> Callable[[Ground], None]:
    """Give the host back after the verdict."""

    def mend(ground: Ground) -> None:
        ground.host(name).return_power()
        ground.fleet.wait_until_ready()

    return mend


def part(name: str, other: str) -> Fault:
    """Lose every packet between two hosts for some time. Recovery counts from its end."""

    async def fault(scene: Scene) -> float:
        one, another = scene.ground.host(name), scene.ground.host(other)
        await asyncio.to_thread(one.part_from, another)
        await scene.ask_more()
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(one.meet, another)
        return time.time()

    return fault


def outage(name: str) -> Fault:
    """Take the power of a host away for some time. Recovery counts from its return."""

    async def fault(scene: Scene) -> float:
        host = scene.ground.host(name)
        await asyncio.to_thread(host.lose_power)
        await scene.ask_more()
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(host.return_power)
        return time.time()

    return fault


def slow_down(name: str) -> Fault:
    """Have a host send and get little per second for some time. Recovery counts from the beginning."""

    async def fault(scene: Scene) -> float:
        host, at = scene.ground.host(name), time.time()
        await asyncio.to_thread(host.slow_down, SLOW_KILOBITS)
        await scene.ask_more()
        await asyncio.sleep(OUTAGE_SECONDS)
        await asyncio.to_thread(host.speed_up)
        return at

    return fault


async def nothing(scene: Scene) -> float:
    """Do no more than is wrong with the ground already."""
    at = time.time()
    await scene.ask_more()
    return at


async def kill_pgbouncer(scene: Scene) -> float:
    """Kill the pooler. Its host starts it again."""
    at = time.time()
    for process in scene.ground.host("pgbouncer").processes():
        process.send(signal.SIGKILL)
    await scene.ask_more()
    return at


async def lose_redis_master(scene: Scene) -> float:
    """Take the master's power away, and wait until the sentinels name another."""
    at = time.time()
    lost = scene.ground.host("redis-1")
    await asyncio.to_thread(lost.lose_power)
    await scene.ask_more()
    sentinel = scene.ground.host("sentinel-1")
    while await asyncio.to_thread(_master, sentinel.address) == lost.address:
        await asyncio.sleep(_POLL_SECONDS)
    return at


async def lose_primary(scene: Scene) -> float:
    """Take the primary's power away, and have the replica promoted."""
    servers, at = scene.ground.servers, time.time()
    await asyncio.to_thread(servers.database.host.lose_power)
    await scene.ask_more()
    await asyncio.sleep(_DECISION_SECONDS)
    await asyncio.to_thread(servers.others[0].promote)
    return at


async def lose_primary_ahead_of_its_replica(scene: Scene) -> float:
    """Do as ``lose_primary``, after the replica has heard nothing for some time."""
    servers = scene.ground.servers
    await asyncio.to_thread(servers.database.host.part_from, servers.others[0].host)
    await scene.ask_more()
    await asyncio.sleep(_STANDSTILL_SECONDS)
    at = time.time()
    await asyncio.to_thread(servers.database.host.lose_power)
    await asyncio.to_thread(servers.others[0].promote)
    return at


def _master(sentinel: str) -> str:
    with redis.Redis(sentinel, 26379, socket_timeout=2) as client:
        host, _ = client.sentinel_get_master_addr_by_name(SERVICE)
    return host.decode() if isinstance(host, bytes) else str(host)
