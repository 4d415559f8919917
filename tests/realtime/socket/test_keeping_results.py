"""Files that expire, and what clients can do about it: notices, ``extend`` and ``regenerate``."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import AsyncClient
from django.utils import timezone
from pytest_django import Settings

from jobs.files.expiry import announce_expiring
from jobs.log.publishing import user_group
from jobs.models import Artifact, AsyncRequest
from jobs.queue.wakeups import connection
from realtime.delivery import feed as feed_module
from tests.conftest import MakeToken
from tests.jobs.building import change, make_submission, run_next, store, submit
from tests.realtime.conftest import OpenSocket
from tests.realtime.http.test_artifacts import body_of, make_artifact, path_of
from tests.realtime.sockets import aside, until

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


async def expiring(**fields: Any) -> Artifact:
    now = timezone.now()
    return await aside(make_artifact, expires_at=now + DAY / 2, notice_at=now - DAY / 2, **fields)


async def subscribe(socket: Any) -> None:
    await socket.say(type="subscribe", topic="requests")
    await socket.hear("subscribed")


async def group_is_joined() -> None:
    name = f"streamer__group__{user_group('acme', 'alice')}"
    await until(lambda: dict(connection().pubsub_numsub(name))[name.encode()], "the group is joined")


# --- notices ---------------------------------------------------------------------------------------------------------


async def test_the_owner_is_told_once_that_a_file_will_expire(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.1)
    alice, bob = await open_socket(), await open_socket(user="bob")
    await subscribe(alice)
    await subscribe(bob)
    await group_is_joined()
    row = await expiring()
    await aside(change, row.request_id, title="Report · May 2025")
    assert await aside(announce_expiring, timezone.now()) == 1
    notice = (await alice.hear_until("result_expiring"))[-1]
    assert (notice["artifact_id"], notice["filename"]) == (str(row.id), row.filename)
    assert notice["title"] == "Report · May 2025"
    assert notice["expires_at"] == row.expires_at.isoformat() and notice["request_id"] == str(row.request_id)
    assert await bob.is_silent()
    while not await alice.is_silent(1.0):  # the feed may still tell of the request itself
        assert (await alice.hear())["type"] != "result_expiring"


async def test_a_lost_hint_of_it_is_repaired(open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(feed_module, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr("jobs.files.expiry.publish_notices", lambda notices: None)
    socket = await open_socket()
    await subscribe(socket)
    row = await expiring()
    await aside(announce_expiring, timezone.now())
    assert (await socket.hear_until("result_expiring"))[-1]["artifact_id"] == str(row.id)


async def test_whoever_subscribes_later_is_told_what_is_due(open_socket: OpenSocket) -> None:
    row = await expiring()
    await expiring(user_id="bob")
    await aside(announce_expiring, timezone.now())
    socket = await open_socket()
    await subscribe(socket)
    notice = await socket.hear("result_expiring")
    assert (notice["artifact_id"], notice["request_id"]) == (str(row.id), str(row.request_id))
    assert await socket.is_silent(0.5)


# --- extend ----------------------------------------------------------------------------------------------------------


async def test_a_file_is_kept_for_longer(open_socket: OpenSocket, async_client: AsyncClient) -> None:
    row = await expiring()
    socket = await open_socket()
    answer = await socket.ask(type="extend", artifact_id=str(row.id), days=5, id="keep")
    assert (answer["type"], answer["id"], answer["artifact_id"]) == ("extended", "keep", str(row.id))
    assert answer["expires_at"] > (timezone.now() + 4 * DAY).isoformat() and answer["latest_expires_at"]
    url = urlsplit(answer["url"])
    for path in (f"{url.path}?{url.query}", path_of(row)):  # the new URL, and the old one until its time is over
        response = await async_client.get(path)
        assert response.status_code == 200 and await body_of(response)


async def test_nobody_else_can(open_socket: OpenSocket) -> None:
    row = await expiring()
    errors = []
    for who in ({"user": "bob"}, {"tenant": "other"}):
        socket = await open_socket(**who)
        errors.append((await socket.ask(type="extend", artifact_id=str(row.id), days=5))["error"])
        errors.append((await socket.ask(type="extend", artifact_id=str(uuid4()), days=5))["error"])
    assert {error["code"] for error in errors} == {"NOT_FOUND"} and len({str(error) for error in errors}) == 1


async def test_it_goes_over_http_too(async_client: AsyncClient, make_token: MakeToken) -> None:
    row = await expiring()

    async def post(body: str, user: str = "alice", artifact_id: Any = row.id) -> Any:
        headers = {"Authorization": f"Bearer {make_token(user)}"} if user else {}
        path = f"/api/artifacts/{artifact_id}/extend/"
        return await async_client.post(path, body, content_type="application/json", headers=headers)

    answer = await post('{"days": 5}')
    assert answer.status_code == 200 and answer.json()["artifact_id"] == str(row.id)
    assert [(await post('{"days": 5}', user=user)).status_code for user in ("bob", "")] == [404, 401]
    assert (await post('{"days": 5}', artifact_id=uuid4())).status_code == 404
    for bad in ("", "{}", '{"days": 0}', '{"days": "x"}', "[]", '{"days": 1e9}'):
        assert (await post(bad)).status_code == 400
    assert (await async_client.get(f"/api/artifacts/{row.id}/extend/")).status_code == 405


# --- regenerate ------------------------------------------------------------------------------------------------------


async def test_a_finished_request_is_done_again(open_socket: OpenSocket) -> None:
    old = await aside(store, make_submission("echo_async", payload={"message": [1]}, metadata={"tab": 1}))
    await aside(run_next)
    socket = await open_socket()
    answer = await socket.ask(type="regenerate", request_id=str(old), id="again")
    assert (answer["type"], answer["id"], answer["duplicate"]) == ("acknowledgment", "again", False)
    row = await AsyncRequest.objects.aget(id=answer["request_id"])
    assert (row.action, row.payload, row.id != old) == ("echo_async", {"message": [1]}, True)
    assert (row.metadata, row.redo_of) == ({"tab": 1, "regenerated_from": str(old)}, old)
    await aside(run_next)
    assert (await socket.hear_until("complete"))[-1]["request_id"] == str(row.id)
    again = await socket.ask(type="regenerate", request_id=str(old), id="again")
    assert again["duplicate"] is True and again["request_id"] == str(row.id)


async def test_a_client_cannot_say_by_itself_what_a_request_goes_on_from(open_socket: OpenSocket) -> None:
    old = await aside(submit, "echo_async", message=1)
    await aside(run_next)
    socket = await open_socket()
    named = {"redo_of": str(old), "metadata": {"regenerated_from": str(old), "redo_of": str(old)}}
    answer = await socket.ask(type="request", action="echo_async", payload={"message": 1}, id="mine", **named)
    assert (await AsyncRequest.objects.aget(id=answer["request_id"])).redo_of is None


async def test_only_the_owner_can_have_it_done_again(open_socket: OpenSocket) -> None:
    old = await aside(submit, "echo_async", message=1)
    await aside(run_next)
    for who in ({"user": "bob"}, {"tenant": "other"}):
        socket = await open_socket(**who)
        assert (await socket.ask(type="regenerate", request_id=str(old)))["error"]["code"] == "NOT_FOUND"
    assert await AsyncRequest.objects.acount() == 1


async def test_the_present_permissions_and_caps_count(open_socket: OpenSocket, settings: Settings) -> None:
    payload = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    fields = {"status": "failed", "finished_at": timezone.now(), "tenant_id": "acme", "user_id": "alice"}
    old = await AsyncRequest.objects.acreate(action="generate_report", queue="reports", payload=payload, **fields)
    socket = await open_socket(permissions=())
    assert (await socket.ask(type="regenerate", request_id=str(old.id)))["error"]["code"] == "FORBIDDEN"
    settings.STREAMER_MAX_WAITING_PER_USER = 1
    await aside(submit)
    allowed = await open_socket(permissions=("reports.generate",))
    assert (await allowed.ask(type="regenerate", request_id=str(old.id)))["error"]["code"] == "RATE_LIMITED"


async def test_what_has_not_ended_or_has_that_id_is_refused(open_socket: OpenSocket) -> None:
    waiting = await aside(store, make_submission("echo_async", payload={"message": 1}, client_id="mine"))
    socket = await open_socket()
    error = (await socket.ask(type="regenerate", request_id=str(waiting)))["error"]
    assert (error["code"], error["details"]) == ("VALIDATION_ERROR", {"status": "pending"})
    await aside(run_next)
    error = (await socket.ask(type="regenerate", request_id=str(waiting), id="mine"))["error"]
    assert error["code"] == "VALIDATION_ERROR"


# --- files in S3 -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_s3")
async def test_a_file_in_s3_comes_whole_or_in_part(async_client: AsyncClient) -> None:
    content = bytes(range(256)) * 4096
    row = await aside(make_artifact, content)
    response = await async_client.get(path_of(row))
    assert response.status_code == 200 and await body_of(response) == content
    response = await async_client.get(path_of(row), headers={"Range": "bytes=300000-300009"})
    assert response.status_code == 206 and await body_of(response) == content[300_000:300_010]
    head = await async_client.head(path_of(row))
    assert head.status_code == 200 and head["Content-Length"] == str(len(content))
    empty = await aside(make_artifact, b"")
    assert await body_of(await async_client.get(path_of(empty))) == b""
    await aside(default_storage.delete, row.storage_name)
    assert (await async_client.get(path_of(row))).status_code == 404
    assert (await async_client.head(path_of(row))).status_code == 404


@pytest.mark.usefixtures("in_s3")
async def test_without_s3_a_download_is_refused_for_now(async_client: AsyncClient, settings: Settings) -> None:
    row = await aside(make_artifact)
    now = settings.STORAGES["default"]
    dead = {**now, "OPTIONS": {**now["OPTIONS"], "endpoint_url": "http://127.0.0.1:9"}}
    settings.STORAGES = {**settings.STORAGES, "default": dead}
    for ask in (async_client.get, async_client.head):
        response = await ask(path_of(row))
        assert response.status_code == 503
    assert (await async_client.get(path_of(row))).json()["error"]["code"] == "SERVICE_UNAVAILABLE"
