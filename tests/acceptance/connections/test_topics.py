"""Topics over two web processes: what is published in one arrives in the other, in order, and so does who is there."""

import asyncio
import uuid

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.processes import kill_and_wait
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# The stack takes a web process for dead after 4 s; a lost hint is repaired within ten more.
_GONE_SECONDS = 30.0


def topic(kind: str) -> str:
    return f"tenant.acme.{kind}.{uuid.uuid4().hex}"


def told(client: Client, name: str, kind: str = "message") -> list[Message]:
    return [one for one in client.messages if one["type"] == kind and one["topic"] == name]


async def subscribe(client: Client, name: str, **fields: int) -> Message:
    answer = await client.ask("subscribe", topic=name, **fields)
    assert answer["type"] == "subscribed", answer
    return answer


async def publish(client: Client, name: str, *numbers: int) -> None:
    for number in numbers:
        assert (await client.ask("publish", topic=name, data={"number": number}))["seq"] == number


async def until_gone(client: Client, name: str, user: str) -> Message:
    return await client.until(
        lambda: next((one for one in told(client, name, "presence") if user in one["left"]), None),
        f"{user} has left",
        _GONE_SECONDS,
    )


async def test_the_history_is_replayed_to_who_comes_back_to_another_process(
    live_stack: LiveStack, alice: str, bob: str
) -> None:
    name = topic("prices")
    async with connect(live_stack, alice) as sending:
        async with connect(live_stack, bob, server=1) as client:
            assert (await subscribe(client, name))["last_seq"] == 0
            await publish(sending, name, *range(1, 21))
            await client.until(lambda: len(told(client, name)) >= 20, "all that was published")
            first = told(client, name)
            client.drop()
        await publish(sending, name, *range(21, 41))
        async with connect(live_stack, bob, server=0) as client:
            await subscribe(client, name, after_seq=first[-1]["seq"])
            await publish(sending, name, *range(41, 51))
            await client.until(lambda: len(told(client, name)) >= 30, "what was missed, and what came since")
            await client.ping()
            messages = [*first, *told(client, name)]
    assert [one["seq"] for one in messages] == list(range(1, 51))
    assert [one["data"] for one in messages] == [{"number": number} for number in range(1, 51)]


async def test_tabs_on_two_processes_are_one_user_and_a_killed_process_loses_its_own(
    crash_stack: LiveStack, alice: str, bob: str
) -> None:
    name, carol = topic("rooms"), f"carol-{uuid.uuid4().hex[:8]}"
    async with (
        connect(crash_stack, bob, server=1) as watching,
        connect(crash_stack, alice, server=0) as tab,
        connect(crash_stack, alice, server=1) as other_tab,
        connect(crash_stack, carol, server=0) as doomed,
    ):
        await subscribe(watching, name)
        for client in (tab, other_tab, doomed):
            await subscribe(client, name)
        await watching.until(
            lambda: {user for one in told(watching, name, "presence") for user in one["joined"]} >= {alice, carol},
            "both have come",
        )
        assert sum(alice in one["joined"] for one in told(watching, name, "presence")) == 1
        (pid,) = crash_stack.stack.pids("web-1")
        await kill_and_wait(pid)
        last = await until_gone(watching, name, carol)
        assert (last["left"], last["present"]) == ([carol], 2)
        assert (await subscribe(watching, name))["presence"] == sorted([alice, bob])
        await other_tab.ask("unsubscribe", topic=name)
        assert (await until_gone(watching, name, alice))["present"] == 1
    await asyncio.to_thread(crash_stack.stack.wait_until_ready)
