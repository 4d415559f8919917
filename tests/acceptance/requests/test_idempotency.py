"""The same id twice is one request; the same id for something else is refused."""

import asyncio
import uuid

import pytest

from tests.acceptance.client import connect
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]


async def test_it_works(live_stack: LiveStack, alice: str) -> None:
    client_id = uuid.uuid4().hex
    async with connect(live_stack, alice) as one, connect(live_stack, alice, server=1) as other:
        first = await one.request("zoo_count", {"updates": 10}, id=client_id)
        whole = await one.whole_stream(first["request_id"])
        again = await other.request("zoo_count", {"updates": 10}, id=client_id)
        assert (again["duplicate"], again["request_id"]) == (True, first["request_id"])
        assert await other.whole_stream(first["request_id"]) == whole
        assert len((await one.ask("list"))["requests"]) == 1


async def test_on_two_servers_at_the_same_moment(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as one, connect(live_stack, alice, server=1) as other:
        for _ in range(10):
            client_id = uuid.uuid4().hex
            answers = await asyncio.gather(
                *(client.request("zoo_count", {"updates": 3}, id=client_id) for client in (one, other))
            )
            assert sorted(answer["duplicate"] for answer in answers) == [False, True], answers
            (request_id,) = {answer["request_id"] for answer in answers}
            assert await one.whole_stream(request_id) == await other.whole_stream(request_id)
        assert len((await one.ask("list"))["requests"]) == 10


async def test_another_payload_is_refused_and_the_fields_are_named(live_stack: LiveStack, alice: str) -> None:
    client_id = uuid.uuid4().hex
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("zoo_count", {"updates": 10}, id=client_id)
        await client.whole_stream(request_id)
    async with connect(live_stack, alice) as client:
        refused = await client.request("zoo_count", {"updates": 11, "stages": 2}, id=client_id)
        assert refused["error"]["code"] == "DUPLICATE_REQUEST"
        assert refused["error"]["details"]["fields"] == ["payload.stages", "payload.updates"]
        assert refused["error"]["retryable"] is False


async def test_the_id_of_another_user_is_free(live_stack: LiveStack, alice: str, bob: str) -> None:
    client_id = uuid.uuid4().hex
    async with connect(live_stack, alice) as one, connect(live_stack, bob) as other:
        first = await one.request("zoo_count", {"updates": 10}, id=client_id)
        second = await other.request("zoo_count", {"updates": 20}, id=client_id)
        assert (second["duplicate"], second["type"]) == (False, "acknowledgment")
        assert second["request_id"] != first["request_id"]
