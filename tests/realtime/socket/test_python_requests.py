"""Requests from Python code as sockets see them, and requests from sockets as Python code sees them."""

from typing import Any

import pytest

from jobs.handler import get_handle
from tests.handlers.zoo import Count
from tests.jobs.building import run_next
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, submit

pytestmark = pytest.mark.django_db(transaction=True)
ALICE: dict[str, Any] = {"user_id": "alice", "tenant_id": "acme"}


async def hear_to_the_end(socket: Socket) -> list[Message]:
    """Return the numbered messages up to the final one."""
    messages = [await socket.hear()]
    while not messages[-1].get("final"):
        messages.append(await socket.hear())
    return [message for message in messages if "seq" in message and message["type"] != "snapshot"]


async def test_a_handle_gives_the_messages_that_a_socket_gets_live(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    acknowledgment = await submit(socket, "zoo_count", id="mine", payload={"updates": 40, "stages": 3})
    await aside(run_next)
    heard = await hear_to_the_end(socket)
    handle = await aside(get_handle, acknowledgment["request_id"], **ALICE)
    assert heard == await aside(lambda: list(handle.events()))
    assert {message["id"] for message in heard} == {"mine"}


async def test_a_socket_follows_what_python_code_submitted(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    handle = await aside(Count.submit, {"updates": 3}, **ALICE)
    await socket.ask(type="subscribe", request_id=str(handle.id))
    await aside(run_next)
    assert await hear_to_the_end(socket) == await aside(lambda: list(handle.events()))


async def test_a_socket_that_repeats_the_key_is_attached(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    handle = await aside(Count.submit, {"updates": 3}, **ALICE, idempotency_key="order-7")
    acknowledgment = await submit(socket, "zoo_count", id="order-7", payload={"updates": 3})
    assert acknowledgment["duplicate"] is True and acknowledgment["request_id"] == str(handle.id)


async def test_internal_actions_are_not_for_sockets(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    refused = await socket.ask(action="zoo_internal")
    assert refused["error"]["code"] == "INVALID_ACTION"
    assert "zoo_internal" not in refused["error"]["details"]["actions"]
