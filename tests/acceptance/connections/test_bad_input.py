"""Bad input gets an error code, and the same socket goes on."""

import asyncio
import json
from uuid import UUID

import pytest

from tests.acceptance.client import DEADLINE_SECONDS, Client, connect
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
MIB = 1024 * 1024
FLOOD = 300


async def _is_fine(client: Client) -> bool:
    """Return True if the socket still answers."""
    response = await client.request("echo", {"message": "still here"})
    return response["type"] == "response" and bool(response["data"] == {"message": "still here"})


async def _next_answer(client: Client, frame: str) -> str:
    """Send a frame, and return the type of the next message."""
    seen = len(client.received)
    await client.send_frame(frame)
    answer = await client.until(lambda: client.messages[seen:], "an answer")
    return str(answer[0]["type"])


async def _error_after(client: Client, frame: str | bytes) -> str:
    """Send a frame, and return the code of the error that answers it."""
    seen = len(client.received)
    await client.send_frame(frame)
    error = await client.until(
        lambda: next((one for one in client.messages[seen:] if one["type"] == "error"), None), "an error"
    )
    return str(error["error"]["code"])


def _nested(levels: int) -> str:
    return '{"action":"echo","payload":{"message":' + "[" * levels + "]" * levels + "}}"


FRAMES: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "INVALID_MESSAGE"),
    "garbage": ("garbage", "INVALID_MESSAGE"),
    "half a message": ('{"action": "echo"', "INVALID_MESSAGE"),
    "a list": ("[1, 2]", "INVALID_MESSAGE"),
    "null": ("null", "INVALID_MESSAGE"),
    "binary": (b"\x00\xff\xfe", "INVALID_MESSAGE"),
    "JSON in a binary frame": (b'{"type": "ping"}', "INVALID_MESSAGE"),
    "unknown type": ('{"type": "dance"}', "INVALID_MESSAGE"),
    "a number for a type": ('{"type": 7}', "INVALID_MESSAGE"),
    "NaN": ('{"action": "echo", "payload": {"message": NaN}}', "INVALID_MESSAGE"),
    "NUL": ('{"action": "echo", "payload": {"message": "\\u0000"}}', "INVALID_MESSAGE"),
    "half a surrogate pair": ('{"action": "echo", "payload": {"message": "\\ud800"}}', "INVALID_MESSAGE"),
    "nested": (_nested(100), "INVALID_MESSAGE"),
    "nested very deep": (_nested(20_000), "INVALID_MESSAGE"),
    "a hundred thousand arrays": (_nested(100_000), "PAYLOAD_TOO_LARGE"),
    "no action": ("{}", "VALIDATION_ERROR"),
    "null for an action": ('{"action": null}', "VALIDATION_ERROR"),
    "a long action": (json.dumps({"action": "x" * 65}), "VALIDATION_ERROR"),
    "a list for a payload": ('{"action": "echo", "payload": []}', "VALIDATION_ERROR"),
    "a number for an id": ('{"action": "echo", "id": 12}', "VALIDATION_ERROR"),
    "a long id": (json.dumps({"action": "echo", "id": "x" * 129}), "VALIDATION_ERROR"),
    "SQL": ('{"type": "subscribe", "request_id": "1; DROP TABLE"}', "VALIDATION_ERROR"),
    "nothing to follow": ('{"type": "subscribe"}', "VALIDATION_ERROR"),
    "a made-up cursor": ('{"type": "list", "cursor": "made up"}', "VALIDATION_ERROR"),
    "a made-up request": (f'{{"type": "cancel", "request_id": "{UUID(int=0)}"}}', "NOT_FOUND"),
    "a made-up token": ('{"type": "authenticate", "token": "made up"}', "UNAUTHORIZED"),
    "two mebibytes": (json.dumps({"action": "echo", "payload": {"message": "x" * 2 * MIB}}), "PAYLOAD_TOO_LARGE"),
}


@pytest.mark.parametrize(("frame", "code"), FRAMES.values(), ids=FRAMES)
async def test_it_gets_a_code(live_stack: LiveStack, alice: str, frame: str | bytes, code: str) -> None:
    async with connect(live_stack, alice) as client:
        assert await _error_after(client, frame) == code
        assert await _is_fine(client)


async def test_every_message_of_a_flood_is_answered(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        answers, refused = list[Message](), list[Message]()
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not refused:  # a server that reads slowly has more time to forgive
                answers += await _flood(client)
                refused = [answer for answer in answers if answer["type"] == "error"]
        assert {answer["error"]["code"] for answer in refused} == {"RATE_LIMITED"}
        assert all(0 <= answer["error"]["retry_after"] <= 1 for answer in refused)
        assert len(answers) - len(refused) >= 100
        async with asyncio.timeout(DEADLINE_SECONDS):
            while await _next_answer(client, '{"action": "echo"}') == "error":
                pass


async def test_what_a_flood_got_refused_is_named(live_stack: LiveStack, alice: str) -> None:
    """A client that has many messages out must learn which of them was refused."""
    async with connect(live_stack, alice) as client:
        answers = await _flood(client)
    assert sorted(answer.get("id", "none") for answer in answers) == sorted(map(str, range(FLOOD)))


async def _flood(client: Client) -> list[Message]:
    """Send very many messages at once, and return the answers."""
    seen = len(client.received)
    for number in range(FLOOD):
        await client.say("request", id=str(number), action="echo", payload={"message": number})

    def answers() -> list[Message] | None:
        found = [one for one in client.messages[seen:] if one["type"] in ("response", "error")]
        return found if len(found) >= FLOOD else None

    return await client.until(answers, f"{FLOOD} answers")


async def test_one_who_floods_slows_nobody_else(live_stack: LiveStack, alice: str, bob: str) -> None:
    async with connect(live_stack, alice) as noisy, connect(live_stack, bob) as quiet:
        flood = asyncio.gather(*(noisy.send_frame("garbage") for _ in range(FLOOD)))
        assert await _is_fine(quiet)
        await flood
