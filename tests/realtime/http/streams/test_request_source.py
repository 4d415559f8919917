"""A request followed over server-sent events, on the application itself."""

import asyncio
import json
import threading
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from jobs.log import publishing
from jobs.models import RequestEvent
from realtime.delivery import places
from realtime.revocations.writing import revoke_tokens
from realtime.shared import delivery, registry
from realtime.wire.close_codes import CloseCode
from tests.conftest import MakeToken
from tests.jobs.building import make_submission, row_of, run_next, store
from tests.realtime.conftest import OpenSocket
from tests.realtime.following import complete, members, started_with
from tests.realtime.http.streams.client import StreamClient
from tests.realtime.http.streams.conftest import Get, OpenStream
from tests.realtime.http.streams.requests import path_of, run_one
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(stream: StreamClient) -> list[int]:
    return [message["seq"] for message in stream.messages if "seq" in message]


async def test_it_works(open_stream: OpenStream) -> None:
    request_id = await aside(store, make_submission("echo_async", client_id="mine"))
    stream = await open_stream(path_of(request_id))
    assert stream.status == 200 and stream.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (stream.headers["cache-control"], stream.headers["x-accel-buffering"]) == ("no-store", "no")
    first = await stream.read()
    assert first is not None and first.retry == 2000
    await until(lambda: members(request_id), "it follows")
    await aside(run_next)
    events = await stream.read_all()
    assert [event.id for event in events if event.id] == ["1", "2", "3"]
    assert {event.kind for event in events} == {None}
    assert stream.messages[-1]["type"] == "complete" and stream.messages[-1]["final"] is True
    assert {message["id"] for message in stream.messages} == {"mine"}
    assert registry().streams.open == set() and delivery()._follows == {}


async def test_a_place_in_the_queue_has_no_id(open_stream: OpenStream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "WAITING_SECONDS", 0.05)
    request_id = await aside(store, make_submission())
    stream = await open_stream(path_of(request_id))
    while (event := await stream.read()) is not None and event.message is None:
        pass
    assert event is not None and event.message["type"] == "waiting" and event.id is None
    await stream.hang_up()


@pytest.mark.parametrize("way", ["header", "query"])
@pytest.mark.parametrize("after_seq", [0, 1, 2])
async def test_it_goes_on_behind_the_last_number(way: str, after_seq: int, open_stream: OpenStream) -> None:
    request_id = await run_one()
    headers = {"Last-Event-ID": str(after_seq)} if way == "header" else {}
    query = f"?after_seq={after_seq}" if way == "query" else "?after_seq=0"
    stream = await open_stream(path_of(request_id, query), headers=headers)
    await stream.read_all()
    assert seqs(stream) == [1, 2, 3][after_seq:]


async def test_whoever_has_the_end_does_not_come_back(open_stream: OpenStream) -> None:
    request_id = await run_one()
    stream = await open_stream(path_of(request_id), headers={"Last-Event-ID": "3"})
    assert stream.status == 204 and await stream.read_all() == []


@pytest.mark.parametrize("last", ["4", "-1", "x", "1.5", "99999999999999999999"])
async def test_a_number_that_was_never_given_is_refused(last: str, open_stream: OpenStream, get: Get) -> None:
    request_id = await run_one()
    stream = await open_stream(path_of(request_id), headers={"Last-Event-ID": last})
    await stream.read_all()
    assert stream.status == 400 and json.loads(stream.body)["error"]["code"] == "VALIDATION_ERROR"
    assert (await get(path_of(request_id, f"?after_seq={last}"))).status_code == 400


@pytest.mark.parametrize("accept", ["text/event-stream", "application/json, text/event-stream;q=0.5"])
async def test_only_who_names_the_type_gets_a_stream(accept: str, open_stream: OpenStream, get: Get) -> None:
    request_id = await run_one()
    stream = await open_stream(path_of(request_id), headers={"Accept": accept})
    await stream.read_all()
    assert stream.headers["content-type"].startswith("text/event-stream")
    for other in ("*/*", "text/*", "application/json"):
        assert (await get(path_of(request_id), headers={"Accept": other}))["Content-Type"] == "application/json"


async def test_the_head_is_without_a_body(async_client: Any, make_token: MakeToken) -> None:
    request_id = await aside(store, make_submission())
    headers = {"Authorization": f"Bearer {make_token()}", "Accept": "text/event-stream"}
    answer = await async_client.head(path_of(request_id), headers=headers)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/event-stream; charset=utf-8"
    assert registry().streams.open == set()


async def test_a_log_that_was_trimmed_begins_with_a_snapshot(open_stream: OpenStream, get: Get) -> None:
    claimed = await aside(started_with, 5)
    await aside(lambda: RequestEvent.objects.filter(request_id=claimed.request_id, seq__lte=3).delete())
    answer = (await get(path_of(claimed.request_id))).json()
    (event,) = answer["events"]
    assert (event["type"], event["reason"], event["seq"]) == ("snapshot", "trimmed", 6)
    assert answer["last_seq"] == 6
    stream = await open_stream(path_of(claimed.request_id))
    snapshot = await stream.read_message()
    assert {**snapshot, "timestamp": 0} == {**event, "timestamp": 0}
    await aside(complete, claimed)
    events = await stream.read_all()
    assert [event.id for event in events if event.id] == ["6", "7"]


@pytest.mark.parametrize("who", [{"user": "bob"}, {"tenant": "other"}])
async def test_what_is_foreign_answers_as_what_does_not_exist(who: dict[str, str], open_stream: OpenStream) -> None:
    request_id = await run_one()
    foreign, missing = [await open_stream(path_of(one), **who) for one in (request_id, uuid4())]
    for stream in (foreign, missing):
        await stream.read_all()
        assert stream.status == 404
    assert foreign.body == missing.body


async def test_others_of_the_tenant_get_no_access_to_files(open_stream: OpenStream) -> None:
    request_id = await run_one("zoo_file")
    reader, owner = [
        await open_stream(path_of(request_id), **who)
        for who in ({"user": "bob", "permissions": ("tenant.read",)}, {"user": "alice"})
    ]
    for stream in (reader, owner):
        await stream.read_all()
    assert b"hello.txt" in reader.body and b"signature" not in reader.body and b"signature" in owner.body


# --- the same on every face ------------------------------------------------------------------------------------------


async def test_every_face_has_the_same_messages_byte_for_byte(
    open_stream: OpenStream, open_socket: OpenSocket, get: Get
) -> None:
    request_id = await run_one("zoo_count", payload={"updates": 3}, client_id="mine", metadata={"ä": 1.5})
    stream = await open_stream(path_of(request_id))
    over_stream = [event.data for event in await stream.read_all() if event.data]
    body = (await get(path_of(request_id))).content
    assert body == b'{"events":[' + b",".join(over_stream) + b'],"last_seq":%d}' % len(over_stream)
    socket = await open_socket()
    await socket.say(type="subscribe", request_id=str(request_id))
    texts: list[str] = []
    while not texts or not json.loads(texts[-1]).get("final"):
        texts.append((await socket._communicator.receive_output(10))["text"])
    assert [text.encode() for text in texts[1:]] == over_stream


async def test_followers_of_every_face_see_a_request_grow_alike(
    open_stream: OpenStream, open_socket: OpenSocket, get: Get
) -> None:
    request_id = await aside(store, make_submission("zoo_count", payload={"updates": 50}))
    stream, socket = await open_stream(path_of(request_id)), await open_socket()
    await socket.ask(type="subscribe", request_id=str(request_id))
    await stream.read()

    async def poll() -> list[dict[str, Any]]:
        polled: list[dict[str, Any]] = []
        while not polled or not polled[-1].get("final"):
            polled += (await get(path_of(request_id, f"?after_seq={len(polled)}&wait=10"))).json()["events"]
        return polled

    polling = asyncio.create_task(poll())
    await until(lambda: len(delivery()._follows.get(request_id, ())) == 3, "all of them follow")
    await aside(run_next)
    await stream.read_all()
    streamed = [message for message in stream.messages if "seq" in message]
    heard = [message for message in await socket.hear_until("complete") if "seq" in message]
    assert streamed == heard == await polling
    assert [message["seq"] for message in streamed] == list(range(1, len(streamed) + 1))


# --- its ends --------------------------------------------------------------------------------------------------------


async def test_a_client_that_hangs_up_leaves_nothing_behind(open_stream: OpenStream) -> None:
    request_id = await aside(store, make_submission())
    stream = await open_stream(path_of(request_id))
    await stream.read()
    await until(lambda: members(request_id), "it follows")
    await stream.hang_up()
    await until(lambda: not registry().streams.open, "it is forgotten")
    await until(lambda: not members(request_id), "the group is left")
    assert delivery()._follows == {}


async def test_an_open_stream_keeps_no_thread(open_stream: OpenStream) -> None:
    request_id = await aside(store, make_submission())
    first = await open_stream(path_of(request_id))
    await first.read()
    await until(lambda: members(request_id), "it follows")
    before = threading.active_count()
    for _ in range(10):
        stream = await open_stream(path_of(request_id))
        await stream.read()
    assert threading.active_count() < before + 10


async def test_a_revoked_one_ends_at_once(open_stream: OpenStream) -> None:
    request_id = await aside(store, make_submission())
    stream, other = [await open_stream(path_of(request_id), token="") for _ in range(2)]
    for one in (stream, other):
        await one.read()
    await aside(lambda: revoke_tokens(user_id="alice"))
    for one in (stream, other):
        goodbye = (await one.read_all())[-1]
        assert (goodbye.kind, goodbye.message["code"]) == ("goodbye", CloseCode.REVOKED)
        assert goodbye.message["reconnect"] is False


async def test_all_comes_from_the_log_while_redis_is_away(
    open_stream: OpenStream, closed_port: int, monkeypatch: pytest.MonkeyPatch, quick_checks: None, lost_hints: None
) -> None:
    request_id = await aside(store, make_submission("zoo_count", payload={"updates": 30}))
    stream = await open_stream(path_of(request_id))
    await stream.read()
    publishing.breaker.call(lambda: (_ for _ in ()).throw(ConnectionError("no Redis")))
    await aside(run_next)
    await stream.read_all()
    assert seqs(stream) == list(range(1, (await aside(row_of, request_id)).last_seq + 1))


# --- limits ----------------------------------------------------------------------------------------------------------


async def test_a_user_has_only_so_many(open_stream: OpenStream, get: Get, settings: Settings) -> None:
    settings.STREAMER_MAX_STREAMS_PER_USER = 2
    request_id = await aside(store, make_submission())
    streams = [await open_stream(path_of(request_id)) for _ in range(2)]
    for stream in streams:
        await stream.read()
    refused = await open_stream(path_of(request_id))
    await refused.read_all()
    assert refused.status == 429 and refused.headers["retry-after"] == "5"
    assert json.loads(refused.body)["error"]["code"] == "RATE_LIMITED"
    assert (await get(path_of(request_id, "?wait=5"))).status_code == 429
    assert (await get(path_of(request_id))).status_code == 200
    await streams[0].hang_up()
    await until(lambda: len(registry().streams.open) == 1, "one has left")
    another = await open_stream(path_of(request_id))
    assert another.status == 200


async def test_they_may_not_be_opened_too_fast(open_stream: OpenStream, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.1
    request_id = await run_one()
    statuses = [(await open_stream(path_of(request_id))).status for _ in range(2)]
    assert statuses == [200, 429]
