"""A user's sockets are told of all the user's requests, from whatever socket and server they come."""

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]


def states(client: Client, request_id: str) -> list[Message]:
    """List the states of the request that were sent, in the order of their arrival."""
    told = [message["request"] for message in client.messages if message["type"] == "message"]
    return [request for request in told if request["request_id"] == request_id]


async def until_status(client: Client, request_id: str, status: str) -> Message:
    return await client.until(
        lambda: next((state for state in states(client, request_id) if state["status"] == status), None), status
    )


async def test_a_request_of_another_socket_and_server_is_told_to_its_end(
    live_stack: LiveStack, alice: str, bob: str
) -> None:
    async with (
        connect(live_stack, alice) as working,
        connect(live_stack, alice, server=1) as watching,
        connect(live_stack, bob, server=1) as other,
    ):
        for client in (watching, other):
            assert (await client.ask("subscribe", topic="requests"))["type"] == "subscribed"
        request_id = await working.submit("zoo_slow", {"seconds": 3, "steps": 60})
        final = await until_status(watching, request_id, "completed")
        stream = await working.whole_stream(request_id)
        told = states(watching, request_id)
        await other.ping()
        assert states(other, request_id) == []
    assert final["seq"] == stream[-1]["seq"] and final["result"] == stream[-1]["result"]
    assert [state["seq"] for state in told] == sorted({state["seq"] for state in told})
    assert any(0 < state["percentage"] < 100 for state in told)


async def test_whoever_comes_back_to_another_server_is_told_what_was_missed(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        cursor = (await client.ask("subscribe", topic="requests"))["cursor"]
    async with connect(live_stack, alice) as client:
        request_id = await client.submit("echo_async", {"message": "hi"})
        await client.whole_stream(request_id)
    async with connect(live_stack, alice, server=1) as client:
        await client.ask("subscribe", topic="requests", cursor=cursor)
        assert (await until_status(client, request_id, "completed"))["result"] == {"message": "hi"}
