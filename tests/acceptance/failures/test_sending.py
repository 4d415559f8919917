"""Messages to connections reach both web processes, and callers learn it when a process or Redis is away."""

import asyncio
import json
import os
import signal
from typing import Any

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.processes import kill_and_wait
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# As a view or a worker would call it, in a process of its own.
_TO_USER = """
import json, time
from realtime import sending
from realtime.models import Connection
while Connection.objects.filter(user_id="%s", closed_at=None).count() < 2:
    time.sleep(0.05)
print(json.dumps(sending.send_to_user("acme", "%s", "for alice").accepted))
"""
_AFTER_THE_KILL = """
import json
from realtime import sending
print(json.dumps([sending.send("%s", "gone").status, sending.send_to_user("acme", "%s", "who is left").accepted]))
"""
_MANY = """
import json, time
from jobs.circuit import circuit_states
from realtime import sending
begun = time.monotonic()
statuses = [sending.broadcast(number, user_id="%s").status for number in range(50)]
seconds = time.monotonic() - begun
print(json.dumps({"statuses": sorted(set(statuses)), "circuit": circuit_states()["sending"], "seconds": seconds}))
"""


def id_of(client: Client) -> str:
    return str(client.messages[0]["connection_id"])


async def heard(client: Client, data: Any) -> None:
    await client.find(f"the message {data!r}", lambda message: message.get("data") == data)


async def manage(live: LiveStack, *arguments: str) -> Any:
    """Run a command that prints JSON. Raises ``StackFailed`` for any status but 0."""
    return json.loads(await asyncio.to_thread(live.stack.manage, *arguments))


async def run(live: LiveStack, script: str) -> Any:
    """Run Python code that prints JSON."""
    return await manage(live, "shell", "--verbosity", "0", "-c", script)


async def test_messages_and_kicks_go_to_every_web_process(crash_stack: LiveStack, alice: str, bob: str) -> None:
    async with (
        connect(crash_stack, alice, server=0) as first,
        connect(crash_stack, alice, server=1) as second,
        connect(crash_stack, bob, server=1) as other,
    ):
        told = await manage(crash_stack, "streamer_broadcast", "for one", "--connection", id_of(second), "--json")
        assert told == {"status": "accepted", "accepted": 1, "processes": 1}
        await heard(second, "for one")
        assert await run(crash_stack, _TO_USER % (alice, alice)) == 2
        await asyncio.gather(heard(first, "for alice"), heard(second, "for alice"))

        (pid,) = crash_stack.stack.pids("web-1")
        await kill_and_wait(pid)
        assert await run(crash_stack, _AFTER_THE_KILL % (id_of(first), alice)) == ["no_such_connection", 1]
        await heard(second, "who is left")

        kicked = await manage(crash_stack, "streamer_connections", "kick", "--user", alice, "--json")
        assert kicked["accepted"] == 1 and await second.closed() == 4501
        assert second.messages[-1]["type"] == "goodbye"
        await other.ping()
        assert [message["type"] for message in other.messages] == ["welcome", "pong"]
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)


async def test_without_redis_callers_are_told_so_and_do_not_wait(crash_stack: LiveStack, alice: str) -> None:
    if not crash_stack.has_own_redis:
        pytest.skip(f"the Redis of {os.environ['REDIS_URL']} is not ours to kill")
    async with connect(crash_stack, alice) as client:
        await asyncio.to_thread(crash_stack.stack.halt, "valkey", signal.SIGKILL)
        try:
            told = await run(crash_stack, _MANY % alice)
        finally:
            await asyncio.to_thread(crash_stack.stack.restart, "valkey")
        assert told["statuses"] == ["unavailable"] and told["circuit"] == "open"
        assert told["seconds"] < 5.0, "callers waited for Redis"
        assert not any(message["type"] == "message" for message in client.messages)
