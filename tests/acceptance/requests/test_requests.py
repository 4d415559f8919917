"""From a message to its answer: acknowledged at once, then numbered progress, then exactly one final message."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.acceptance.client import connect
from tests.acceptance.figures import Figures
from tests.acceptance.streams import attempts, retry_codes, types
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
SANE_SECONDS = 2.0


async def test_it_works(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        acknowledgment = await client.request("zoo_count", {"updates": 50}, id="my own id")
        assert acknowledgment["type"] == "acknowledgment"
        assert (acknowledgment["status"], acknowledgment["duplicate"]) == ("queued", False)
        stream = await client.whole_stream(acknowledgment["request_id"])
    assert types(stream) == ["started", "progress", "complete"]
    assert {message["id"] for message in stream} == {"my own id"}
    shown = [message["percentage"] for message in stream if message["type"] == "progress"]
    assert shown == sorted(shown) and shown[-1] == 100
    assert stream[-1]["success"] is True and stream[-1]["result"] == {"updates": 50}


async def test_a_quick_action_is_answered_on_the_spot(live_stack: LiveStack, alice: str, figures: Figures) -> None:
    async with connect(live_stack, alice) as client:
        for number in range(20):
            sent_at = time.monotonic()
            response = await client.request("echo", {"message": {"number": number}})
            figures.add("echo, there and back", client.arrival(response) - sent_at)
            assert response["type"] == "response" and response["success"] is True
            assert response["data"] == {"message": {"number": number}}


async def test_a_client_that_sends_more_than_an_action_knows_is_served(live_stack: LiveStack, alice: str) -> None:
    sent = {"message": "hi", "timestamp": "2026-01-31T00:00:00Z"}
    async with connect(live_stack, alice) as client:
        acknowledgment = await client.request("echo_async", sent)
        assert "warnings" not in acknowledgment
        assert (await client.whole_stream(acknowledgment["request_id"]))[-1]["result"] == sent
        counted = await client.request("zoo_count", {"updates": 1, "timestamp": 5})
        assert [warning["path"] for warning in counted["warnings"]] == ["timestamp"]
        assert (await client.whole_stream(counted["request_id"]))[-1]["result"] == {"updates": 1}


async def test_the_acknowledgment_is_quick_and_progress_comes_soon(
    live_stack: LiveStack, alice: str, figures: Figures
) -> None:
    async with connect(live_stack, alice) as client:
        for _ in range(5):
            sent_at = time.monotonic()
            acknowledgment = await client.request("zoo_slow", {"seconds": 0.1, "steps": 2})
            acknowledged = client.arrival(acknowledgment) - sent_at
            progress = await client.event(acknowledgment["request_id"], "progress")
            figures.add("a request, to its acknowledgment", acknowledged)
            figures.add("a request, to its first progress", client.arrival(progress) - sent_at)
            assert acknowledged < SANE_SECONDS
            await client.whole_stream(acknowledgment["request_id"])


async def test_ten_at_once_all_finish(live_stack: LiveStack, alice: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        *([("zoo_count", {"updates": 100, "stages": 3})] * 4),
        *([("zoo_slow", {"seconds": 0.5})] * 3),
        *([("echo_async", {"message": "x"})] * 3),
    ]
    async with connect(live_stack, alice) as client:
        ids = await asyncio.gather(*(client.submit(action, payload) for action, payload in asked))
        streams = [await client.whole_stream(request_id) for request_id in ids]
        listed = await client.ask("list")
    assert [stream[-1]["type"] for stream in streams] == ["complete"] * 10
    assert {row["request_id"] for row in listed["requests"]} == set(ids)
    assert {row["status"] for row in listed["requests"]} == {"completed"}


async def test_a_retry_goes_on_with_the_numbers(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        stream = await client.whole_stream(await client.submit("zoo_second_time"))
    assert types(stream) == ["started", "progress", "retrying", "started", "progress", "complete"]
    assert attempts(stream) == [1, 2]
    retrying = next(message for message in stream if message["type"] == "retrying")
    assert retrying["error"]["message"] == "Not the first time" and retrying["error"]["retryable"] is True
    assert retrying["retry_at"] == pytest.approx(time.time(), abs=30)
    assert stream[-1]["result"] == {"attempt": 2}


@pytest.mark.parametrize(
    ("action", "code", "text"),
    [
        ("zoo_permanent", "PROCESSING_FAILED", "The file has no rows"),
        ("zoo_retryable", "PROCESSING_FAILED", "Not today (attempt 3)"),
        ("zoo_crash", "INTERNAL_ERROR", "Something went wrong on our side"),
        ("zoo_no_json", "INTERNAL_ERROR", "Something went wrong on our side"),
        ("zoo_late", "TIMEOUT", "longer than its limit of 0.5 seconds"),
    ],
)
async def test_a_failing_request_says_why(live_stack: LiveStack, alice: str, action: str, code: str, text: str) -> None:
    async with connect(live_stack, alice) as client:
        request_id = await client.submit(action)
        stream = await client.whole_stream(request_id)
        status = await client.ask("status", request_id=request_id)
    final = stream[-1]
    assert (final["type"], final["success"], final["error"]["code"]) == ("error", False, code)
    assert text in final["error"]["message"]
    assert "secret" not in str(stream)
    assert len(attempts(stream)) == (3 if action == "zoo_retryable" else 1)
    assert len(retry_codes(stream)) == len(attempts(stream)) - 1
    assert (status["status"], status["error"]) == ("failed", final["error"])


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "no_such_action"}, "INVALID_ACTION"),
        ({"action": "zoo_locked", "payload": {}}, "FORBIDDEN"),
        ({"action": "zoo_slow", "payload": {"seconds": "ten", "colour": 1}}, "VALIDATION_ERROR"),
        ({"action": "zoo_slow", "priority": -1}, "VALIDATION_ERROR"),
    ],
)
async def test_what_cannot_be_accepted_is_refused(
    live_stack: LiveStack, alice: str, message: Mapping[str, Any], code: str
) -> None:
    async with connect(live_stack, alice, permissions=["reports"]) as client:
        answer = await client.ask("request", **message)
        assert (answer["type"], answer["error"]["code"]) == ("error", code)
        assert (await client.ask("list"))["requests"] == []


async def test_a_slow_inline_action_holds_up_nothing_else(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        slow = asyncio.create_task(client.request("zoo_slow_inline"))
        assert (await client.request("echo"))["type"] == "response"
        assert not slow.done()
        assert (await slow)["error"]["code"] == "TIMEOUT"


async def test_odd_and_large_results_arrive(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as client:
        odd, large = await asyncio.gather(client.submit("zoo_odd_result"), client.submit("zoo_big_result"))
        final = (await client.whole_stream(odd))[-1]
        assert final["type"] == "complete" and final["result"]["nan"] is None and final["result"]["infinity"] is None
        result = (await client.whole_stream(large))[-1]["result"]
        assert result["filename"] == "Zoo-big-result.json" and result["size_bytes"] > 64 * 1024
