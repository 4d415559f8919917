"""Many requests in one message, on real servers: each is stored, run and told as if it had come alone."""

import asyncio
import time

import pytest

from tests.acceptance.client import Client, connect
from tests.acceptance.figures import Figures
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
NUMBER = 60


async def _answers(client: Client, number: int) -> list[Message]:
    """Return the ``number`` answers to a batch, by their place in it."""

    def answers() -> list[Message] | None:
        found = [message for message in client.messages if "index" in message]
        return found if len(found) >= number else None

    return sorted(await client.until(answers, f"{number} answers"), key=lambda message: message["index"])


async def test_it_works(live_stack: LiveStack, alice: str, figures: Figures) -> None:
    """Send the same ids from a second server at the same moment: they are the same requests."""
    batch = [{"action": "zoo_count", "id": str(number), "payload": {"updates": 3}} for number in range(NUMBER)]
    extra = [
        {"action": "echo", "id": "on the spot", "payload": {"message": "here"}},
        {"action": "no_such_action", "id": "wrong"},
        "no request at all",
        {"action": "zoo_count", "id": "0", "payload": {"updates": 4}},
    ]
    async with connect(live_stack, alice) as one, connect(live_stack, alice, server=1) as other:
        started = time.monotonic()
        await asyncio.gather(*(client.say("requests", requests=[*batch, *extra]) for client in (one, other)))
        first, second = await asyncio.gather(*(_answers(client, NUMBER + len(extra)) for client in (one, other)))
        figures.add(f"{NUMBER} requests in a batch, acknowledged", one.arrival(first[NUMBER - 1]) - started)
        pairs = list(zip(first[:NUMBER], second[:NUMBER], strict=True))
        assert all(mine["request_id"] == theirs["request_id"] for mine, theirs in pairs)
        assert all(sorted([mine["duplicate"], theirs["duplicate"]]) == [False, True] for mine, theirs in pairs)
        for answers in (first, second):
            kinds = [answer["error"]["code"] if answer["type"] == "error" else answer["type"] for answer in answers]
            assert kinds[NUMBER:] == ["response", "INVALID_ACTION", "INVALID_MESSAGE", "DUPLICATE_REQUEST"]
        for answer in first[:NUMBER]:
            assert await one.whole_stream(answer["request_id"]) == await other.whole_stream(answer["request_id"])
        listed = await one.ask("list", limit=200)
        assert {request["status"] for request in listed["requests"]} == {"completed"}
        assert len(listed["requests"]) == NUMBER
