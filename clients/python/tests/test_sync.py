"""The client for programs without an event loop, over real sockets."""

import asyncio
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from streamer_client import ConnectionStopped, NotFound, RequestFailed, SyncClient, TopicMessage, ValidationFailed

WELCOME = {"type": "welcome", "heartbeat_seconds": 20, "limits": {}}


async def _answer(socket: ServerConnection, frame: dict[str, Any]) -> None:
    async def send(**message: Any) -> None:
        await socket.send(json.dumps({"timestamp": 0.0, **message}))

    request_id = f"stored-{frame.get('id', '')}"
    match frame:
        case {"action": "echo", "id": name}:
            await send(type="response", id=name, request_id=name, success=True, data=frame["payload"])
        case {"action": "report", "id": name}:
            await send(type="acknowledgment", id=name, request_id=request_id, status="queued")
            for seq in (1, 2):
                await send(type="progress", request_id=request_id, seq=seq, percentage=40.0 * seq, message="")
            await send(type="complete", request_id=request_id, seq=3, result=7, final=True)
        case {"action": "bulk", "id": name}:
            await send(type="acknowledgment", id=name, request_id=request_id, status="queued", title="Bulk · 9 items")
            await send(type="complete", request_id=request_id, seq=1, result=8, failed_items=1, final=True)
        case {"action": "fail", "id": name}:
            await send(type="acknowledgment", id=name, request_id=request_id, status="queued")
            error = {"code": "PROCESSING_FAILED", "message": "No rows", "retryable": False}
            await send(type="error", request_id=request_id, seq=1, error=error, final=True)
        case {"action": _, "id": name}:
            await send(type="error", id=name, error={"code": "INVALID_ACTION", "message": "There is none"})
        case {"type": "list", "id": name}:
            state = {"request_id": "1", "status": "completed", "action": "report", "tags": ["nightly"]}
            bulk = {"request_id": "2", "status": "completed", "action": "bulk", "title": "Bulk · 2 items"}
            states = [state] if "tag" in frame or "cursor" in frame else [state, {**bulk, "failed_items": 1}]
            await send(type="requests", id=name, requests=states, next_cursor=None if "cursor" in frame else "c")
        case {"type": "subscribe", "id": name, "topic": "prices"}:
            after_seq = frame.get("after_seq", 2)
            await send(type="subscribed", id=name, topic="prices", last_seq=2)
            if after_seq == 0:
                await send(type="snapshot", topic="prices", seq=1, first_seq=2, reason="trimmed")
            for seq in range(max(2, after_seq + 1), 4):
                await send(type="message", topic="prices", seq=seq, data={"gold": seq})
        case {"type": "subscribe", "id": name, "topic": topic}:
            error = {"code": "NOT_FOUND", "message": "There is no such topic", "retryable": False}
            await send(type="error", id=name, topic=topic, error=error)
        case {"type": "publish", "id": name, "topic": topic}:
            await send(type="published", id=name, topic=topic, seq=3)
        case {"type": "subscribe", "id": name, "requests": [{"request_id": "nonsense"}]}:
            faults = [{"path": "request_id", "message": "Invalid UUID"}]
            error = {"code": "VALIDATION_ERROR", "message": "request_id: Invalid UUID", "details": {"faults": faults}}
            await send(type="error", id=name, error=error)
        case {"type": "subscribe", "id": name, "requests": [{"request_id": unknown}]}:
            error = {"code": "NOT_FOUND", "message": "There is no such request", "retryable": False}
            await send(type="subscribed", id=name, requests=[{"request_id": unknown, "error": error}])
        case {"type": "cancel", "id": name}:
            await send(type="snapshot", id=name, request_id="1", status="processing", reason="cancel")


async def _talk(socket: ServerConnection) -> None:
    await socket.send(json.dumps(WELCOME))
    async for frame in socket:
        await _answer(socket, json.loads(frame))


@contextmanager
def service() -> Iterator[str]:
    """Run a small service in a thread; its URL."""
    started: list[str] = []
    ready, stop = threading.Event(), threading.Event()

    async def main() -> None:
        async with serve(_talk, "127.0.0.1", 0, subprotocols=["streamer.v1"]) as server:  # type: ignore[list-item]
            started.append(f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}")
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    ready.wait(10)
    try:
        yield started[0]
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with service() as url:
        yield url


@pytest.fixture
def client(url: str) -> Iterator[SyncClient]:
    with SyncClient(url, token="t", proxy=None) as client:
        yield client


def test_it_works(client: SyncClient) -> None:
    seen: list[float] = []
    assert client.run("report", on_progress=lambda event: seen.append(event.percentage)) == 7
    assert seen == [40.0, 80.0]
    assert client.run("echo", {"message": "hi"}) == {"message": "hi"}
    assert client.is_connected


def test_events_are_iterated_over(client: SyncClient) -> None:
    handle = client.submit("report", id="mine")
    assert (handle.id, handle.request_id, handle.acknowledgment["status"]) == ("mine", "stored-mine", "queued")
    assert [event.type for event in handle] == ["progress", "progress", "complete"]
    assert handle.result() == 7 and handle.last_seq == 3
    handle.cancel()


def test_errors_are_typed(client: SyncClient) -> None:
    with pytest.raises(RequestFailed, match="No rows"):
        client.run("fail")
    with pytest.raises(ValidationFailed):
        client.run("nothing")


def test_pages_are_iterated_over(client: SyncClient) -> None:
    assert [state.tags for state in client.list(tag="nightly")] == [("nightly",), ("nightly",)]


def test_a_topic_is_iterated_over_and_published_to(client: SyncClient) -> None:
    seen = []
    for event in client.topic("prices", after_seq=1):
        seen += [event.data] if isinstance(event, TopicMessage) else []
        if event.seq == 3:
            break
    assert seen == [{"gold": 2}, {"gold": 3}]
    assert client.publish("prices", {"gold": 3}) == 3
    with pytest.raises(NotFound):
        next(client.topic("foreign"))


def test_many_are_submitted_at_once(client: SyncClient) -> None:
    first, second = (client.submit("report"), client.submit("report"))
    assert first.result() == second.result() == 7


def test_threads_may_share_it(client: SyncClient) -> None:
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(client.run("report"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [7] * 4


def test_a_closed_one_leaves_no_thread(url: str) -> None:
    with SyncClient(url, token="t", proxy=None) as client:
        handle = client.submit("report")
    assert not any(thread.name == "streamer-client" for thread in threading.enumerate())
    with pytest.raises((ConnectionStopped, RuntimeError)):
        client.run("echo")
    del handle


def test_in_a_notebook_the_bar_of_a_run_ends_full(
    client: SyncClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = type("ZMQInteractiveShell", (), {})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=shell))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert client.run("report", on_progress="auto") == 7
    assert [line.split()[0] for line in capsys.readouterr().out.strip().split("\r")] == ["40", "80", "100"]
