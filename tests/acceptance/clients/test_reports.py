"""Ordinary and odd reports over a network that works: applications of both clients see the same of them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.client import connect
from tests.acceptance.clients.driver import Driver
from tests.acceptance.clients.proxy import Proxy
from tests.acceptance.clients.tokens import tokens_of
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
CREDIT_EVENTS = 256
OTHERS = 64
"""Messages without a number, and events on their way from the client to the test."""
TRIM = (
    "from jobs.models import RequestEvent; "
    "RequestEvent.objects.filter(request_id={request_id!r}, seq__lt={seq}).delete()"
)


async def test_it_works(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    client = driver.open(live_stack.http_url, tokens_of(live_stack, alice))
    sight = client.submit("report", "zoo_partial", {})
    async with connect(live_stack, alice) as other:
        await client.until(lambda: sight.numbered, "a first event")
        await other.follow(sight.numbered[0]["request_id"])
        assert await client.whole(sight) == await other.whole_stream(sight.numbered[0]["request_id"])
    assert sight.ending == {"result": {"partials": 3}}
    assert await client.ending(client.run("inline", "echo", {"message": "hi"})) == {"result": {"message": "hi"}}


async def test_errors_of_each_kind(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    client = driver.open(live_stack.http_url, tokens_of(live_stack, alice))
    wanted: Mapping[str, tuple[str, Mapping[str, Any], str, str]] = {
        "invalid": ("zoo_slow", {"seconds": "long"}, "ValidationFailed", "VALIDATION_ERROR"),
        "failed": ("zoo_file", {"fail": True}, "RequestFailed", "PROCESSING_FAILED"),
    }
    sights = {name: client.submit(name, action, payload) for name, (action, payload, *_) in wanted.items()}
    for name, (_, _, kind, code) in wanted.items():
        error = (await client.ending(sights[name]))["error"]
        assert (error["kind"], error["code"]) == (kind, code)
        assert error["message"]
    missing = client.follow("missing", "00000000-0000-0000-0000-000000000000")
    assert (await client.ending(missing))["error"]["kind"] == "NotFound"


async def test_one_that_is_cancelled(live_stack: LiveStack, driver: Driver, alice: str, tmp_path: Path) -> None:
    client = driver.open(live_stack.http_url, tokens_of(live_stack, alice))
    sight = client.submit("report", "zoo_until", {"path": str(tmp_path / "never")})
    await client.until(lambda: sight.numbered, "a first event")
    assert await client.ending(client.cancel("stop", "report")) == {"end": True}
    ending = await client.ending(sight)
    assert (ending["error"]["kind"], sight.numbered[-1]["type"]) == ("RequestCancelled", "cancelled")


async def test_the_same_request_of_two_clients_runs_once(
    live_stack: LiveStack, driver: Driver, alice: str, tmp_path: Path
) -> None:
    end = tmp_path / "end"
    clients = [driver.open(live_stack.http_url, tokens_of(live_stack, alice)) for _ in range(2)]
    sights = []
    for client in clients:
        sights.append(client.submit("report", "zoo_until", {"path": str(end)}, id="the-same"))
        await client.more(sights[-1])
    end.touch()
    first, second = [await client.whole(sight) for client, sight in zip(clients, sights, strict=True)]
    assert first == second


async def test_the_beginning_of_the_log_is_gone(
    live_stack: LiveStack, driver: Driver, alice: str, tmp_path: Path
) -> None:
    end = tmp_path / "end"
    client = driver.open(live_stack.http_url, tokens_of(live_stack, alice))
    sight = client.submit("report", "zoo_until", {"path": str(end)})
    await client.until(lambda: len(sight.numbered) > 3, "some events")
    request_id = sight.numbered[0]["request_id"]
    trim = TRIM.format(request_id=request_id, seq=3)
    await asyncio.to_thread(live_stack.stack.manage, "shell", "--verbosity", "0", "-c", trim)
    late = driver.open(live_stack.http_url, tokens_of(live_stack, alice))
    rest = late.follow("report", request_id)
    await late.until(lambda: rest.events, "a first event")
    end.touch()
    snapshot = rest.events[0]
    assert (snapshot["type"], snapshot["reason"], snapshot["status"]) == ("snapshot", "trimmed", "processing")
    assert await late.whole(rest, after_seq=snapshot["seq"]) == (await client.whole(sight))[snapshot["seq"] :]


async def test_a_slow_application_is_sent_no_more_than_it_takes(
    live_stack: LiveStack, driver: Driver, alice: str
) -> None:
    count, ahead = 2_000, 0
    async with Proxy(live_stack.http_url) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        # The window opens with the first ``received`` of a connection.
        await client.ending(client.run("first", "zoo_count", {}))
        await client.until(lambda: proxy.messages_up > 1, "the first is received", poll_seconds=0.05)
        before = proxy.messages_down
        sight = client.submit("slow", "zoo_partials", {"count": count}, pause_seconds=0.001)
        while sight.ending is None:
            had = len(sight.events)
            await client.more(sight, had)
            ahead = max(ahead, proxy.messages_down - before - len(sight.events))
    stream = await client.whole(sight)
    numbers = [event["data"]["number"] for event in stream if event["type"] == "partial"]
    assert numbers == list(range(1, count + 1))
    assert ahead < CREDIT_EVENTS + OTHERS
