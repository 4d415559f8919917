"""The feed over HTTP: a stream, and long polls that do not run in circles."""

import asyncio
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.log.publishing import user_group
from jobs.models import Artifact
from jobs.queue.wakeups import connection
from realtime.delivery import feed as feed_module
from realtime.revocations.writing import revoke_tokens
from realtime.shared import feed, registry
from tests.jobs.building import change, make_submission, run_next, store
from tests.realtime.http.streams.conftest import Get, OpenStream
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/feed/"


def members(tenant: str = "acme", user: str = "alice") -> int:
    name = f"streamer__group__{user_group(tenant, user)}"
    return int(dict(connection().pubsub_numsub(name))[name.encode()])


async def submit(**fields: Any) -> UUID:
    return await aside(store, make_submission("echo_async", **fields))


def seen(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["request"]["request_id"], one["request"]["status"]) for one in messages if one["type"] == "message"]


async def test_it_works(open_stream: OpenStream) -> None:
    stream = await open_stream(PATH)
    assert stream.status == 200 and stream.headers["content-type"].startswith("text/event-stream")
    subscribed = await stream.read_message()
    assert (subscribed["type"], subscribed["topic"], subscribed["truncated"]) == ("subscribed", "requests", False)
    await until(members, "it follows")
    request_id = await submit()
    message = await stream.read_message()
    assert (message["type"], message["request"]["request_id"]) == ("message", str(request_id))
    assert stream._reader.last_id == message["cursor"]
    await stream.hang_up()
    await until(lambda: not registry().streams.open, "it is forgotten")
    assert feed()._followers == {}


async def test_others_see_nothing(open_stream: OpenStream) -> None:
    streams = [await open_stream(PATH, **who) for who in ({"user": "bob"}, {"tenant": "other"})]
    for stream in streams:
        await stream.read_message()
    await submit()
    for stream in streams:
        assert await stream.is_silent(2 * feed_module.SPACING_SECONDS)
        await stream.hang_up()


@pytest.mark.parametrize("way", ["header", "query"])
async def test_what_was_missed_comes_first(way: str, open_stream: OpenStream) -> None:
    stream = await open_stream(PATH)
    cursor = (await stream.read_message())["cursor"]
    await stream.hang_up()
    request_id = await submit()
    encoded = cursor.replace("+", "%2B")
    query, headers = (f"?cursor={encoded}", {}) if way == "query" else ("", {"Last-Event-ID": cursor})
    again = await open_stream(PATH + query, headers=headers)
    assert (await again.read_message())["type"] == "subscribed"
    assert (await again.read_message())["request"]["request_id"] == str(request_id)


@pytest.mark.parametrize("cursor", ["x", "2026-01-01", "2026-01-01T00:00:00", "9999-99-99T00:00:00Z", ""])
async def test_a_cursor_that_was_never_given_is_refused(cursor: str, get: Get, open_stream: OpenStream) -> None:
    answer = await get(f"{PATH}?cursor={cursor}")
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "VALIDATION_ERROR"
    stream = await open_stream(PATH, headers={"Last-Event-ID": cursor or "y"})
    assert stream.status == 400


async def test_it_can_be_narrowed_to_a_tag(open_stream: OpenStream) -> None:
    stream = await open_stream(f"{PATH}?tag=customer+7")
    await stream.read_message()
    await until(members, "it follows")
    await submit(tags=["customer 77"])
    await submit()
    wanted = await submit(tags=["nightly", "customer 7"])
    message = await stream.read_message()
    assert (message["request"]["request_id"], message["request"]["tags"]) == (str(wanted), ["nightly", "customer 7"])
    assert await stream.is_silent(2 * feed_module.SPACING_SECONDS)


async def test_a_tag_that_is_none_is_refused(get: Get, open_stream: OpenStream) -> None:
    path = f"{PATH}?tag={'x' * 65}"
    answer = await get(path)
    assert answer.status_code == 400 and answer.json()["error"]["details"]["faults"][0]["path"] == "tag"
    assert (await open_stream(path)).status == 400


# --- polls -----------------------------------------------------------------------------------------------------------


async def poll(get: Get, cursor: str | None = None, wait: int = 0, **who: Any) -> dict[str, Any]:
    query = f"?wait={wait}" + ("" if cursor is None else f"&cursor={cursor.replace('+', '%2B')}")
    answer = await get(PATH + query, **who)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


async def test_a_poll_begins_now(get: Get) -> None:
    await submit()
    body = await poll(get)
    assert (body["messages"], body["truncated"]) == ([], False) and body["cursor"]


async def test_a_poll_waits_for_a_change(get: Get) -> None:
    cursor = (await poll(get))["cursor"]
    polling = asyncio.create_task(poll(get, cursor, wait=60))
    await until(members, "it follows")
    request_id = await submit()
    body = await polling
    assert seen(body["messages"]) == [(str(request_id), "pending")]
    assert body["cursor"] == body["messages"][-1]["cursor"]
    assert registry().streams.open == set() and feed()._followers == {}


async def test_a_poll_gets_at_once_what_it_missed(get: Get) -> None:
    cursor = (await poll(get))["cursor"]
    request_id = await submit()
    assert seen((await poll(get, cursor, wait=60))["messages"]) == [(str(request_id), "pending")]


async def test_polls_do_not_run_in_circles(get: Get) -> None:
    """Expect no answer for what changed just before the cursor, although it is looked for again."""
    first = await poll(get)
    request_id = await submit()
    second = await poll(get, first["cursor"], wait=60)
    polling = asyncio.create_task(poll(get, second["cursor"], wait=60))
    await until(lambda: registry().streams.open, "it waits")
    assert not polling.done()
    await aside(run_next)
    third = await polling
    assert seen(third["messages"])[-1][0] == str(request_id) and seen(third["messages"])[-1][1] != "pending"


async def test_a_change_whose_commit_came_late_is_not_lost(get: Get) -> None:
    request_id = await submit()
    cursor = (await poll(get))["cursor"]
    await aside(change, request_id, changed_at=timezone.now() - timedelta(seconds=10))
    assert seen((await poll(get, cursor, wait=1))["messages"]) == [(str(request_id), "pending")]


async def test_a_file_that_expires_soon_is_told_once(get: Get, settings: Settings) -> None:
    await aside(store, make_submission("zoo_file"))
    await aside(run_next)
    past = timezone.now() - timedelta(minutes=5)
    await Artifact.objects.aupdate(notice_at=past, noticed_at=past)
    first = await poll(get, wait=60)
    assert [one["type"] for one in first["messages"]] == ["result_expiring"]
    second = await poll(get, first["cursor"], wait=1)
    assert "result_expiring" not in [one["type"] for one in second["messages"]]


async def test_a_poll_can_be_narrowed_to_a_tag(get: Get) -> None:
    cursor = (await poll(get))["cursor"]
    files = [(await aside(store, make_submission("zoo_file", tags=tags))) for tags in (["nightly"], [])]
    for _ in files:
        await aside(run_next)
    now = timezone.now()
    await Artifact.objects.aupdate(notice_at=now, noticed_at=now)
    answer = await get(f"{PATH}?tag=nightly&cursor={cursor.replace('+', '%2B')}")
    messages = answer.json()["messages"]
    assert sorted(one["type"] for one in messages) == ["message", "result_expiring"]
    ids = {one.get("request_id") or one["request"]["request_id"] for one in messages}
    assert ids == {str(files[0])}


async def test_more_than_is_told_is_said(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "MAX_MISSED", 2)
    cursor = (await poll(get))["cursor"]
    for _ in range(3):
        await submit()
    body = await poll(get, cursor)
    assert body["truncated"] is True and len(body["messages"]) == 2


async def test_a_poll_without_news_ends_in_time(get: Get) -> None:
    cursor = (await poll(get))["cursor"]
    assert (await poll(get, cursor, wait=1))["messages"] == []


async def test_a_revoked_poll_is_an_error_at_once(get: Get) -> None:
    polling = asyncio.create_task(get(f"{PATH}?wait=60"))
    await until(lambda: registry().streams.open, "it waits")
    await aside(lambda: revoke_tokens(user_id="alice"))
    assert (await polling).status_code == 401


async def test_messages_are_those_of_the_stream(get: Get, open_stream: OpenStream) -> None:
    cursor = (await poll(get))["cursor"]
    await submit(metadata={"ä": 1})
    stream = await open_stream(f"{PATH}?cursor={cursor.replace('+', '%2B')}")
    await stream.read_message()
    streamed = await stream.read_message()
    (polled,) = (await poll(get, cursor))["messages"]
    assert streamed["request"] == polled["request"] and json.dumps(streamed).count("payload") == 0
