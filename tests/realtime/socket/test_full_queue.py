"""Users whose queue is full are refused without another look for a moment, and only they."""

from types import SimpleNamespace

import pytest
from pytest_django import Settings

from jobs.models import AsyncRequest
from realtime.limits import full_queues
from realtime.shared import submission_writer
from realtime.socket import submitting
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_buckets")]


@pytest.fixture(autouse=True)
def small_queue(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the queue small, and let what is remembered of it be as old as it was."""
    settings.STREAMER_MAX_WAITING_PER_USER = 2
    monkeypatch.setattr(full_queues, "time", SimpleNamespace(monotonic=lambda: 1000.0))


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the numbers of requests for which the database was asked, as they come."""
    numbers: list[int] = []
    submit_all = submission_writer().submit_all

    class Counting:
        def submit_all(self, submissions: list[object]) -> object:
            numbers.append(len(submissions))
            return submit_all(submissions)  # type: ignore[arg-type]

    monkeypatch.setattr(submitting, "submission_writer", Counting)
    return numbers


async def submit(socket: Socket, **fields: str) -> Message:
    await socket.say(action="echo_async", payload={"message": 1}, **fields)
    while (message := await socket.hear())["type"] not in ("acknowledgment", "error"):
        pass
    return message


async def fill(socket: Socket) -> None:
    assert [(await submit(socket))["type"] for _ in range(3)] == ["acknowledgment", "acknowledgment", "error"]


async def test_a_flood_is_looked_up_once(open_socket: OpenSocket, looked: list[int]) -> None:
    socket, twin = await open_socket(user="flo"), await open_socket(user="flo")
    await fill(socket)
    refused = [await submit(one) for one in (socket, twin) for _ in range(10)]
    assert {one["error"]["code"] for one in refused} == {"RATE_LIMITED"} and looked == [1, 1, 1]
    assert refused[-1]["error"]["details"] == {"limit": 2} and refused[-1]["error"]["retry_after"] == 5.0
    assert (await submit(await open_socket(user="otto")))["type"] == "acknowledgment"


async def test_it_is_looked_up_again_after_a_moment(
    open_socket: OpenSocket, looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_queues, "REMEMBERED_SECONDS", 0.0)
    socket = await open_socket(user="flora")
    await fill(socket)
    await aside(AsyncRequest.objects.all().delete)
    assert (await submit(socket))["type"] == "acknowledgment" and looked == [1] * 4


async def test_a_batch_that_comes_back_too_soon_is_looked_up_once(
    open_socket: OpenSocket, looked: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = await open_socket(user="floris")
    await fill(socket)
    monkeypatch.setattr(full_queues, "time", SimpleNamespace(monotonic=lambda: 1001.0))
    await socket.say(type="requests", requests=[{"action": "echo_async", "payload": {"message": 1}}] * 20)
    refused = [await socket.hear("error") for _ in range(20)]
    assert {one["error"]["code"] for one in refused} == {"RATE_LIMITED"} and looked == [1] * 4
    await aside(AsyncRequest.objects.all().delete)
    monkeypatch.setattr(full_queues, "time", SimpleNamespace(monotonic=lambda: 1002.0))
    assert [(await submit(socket))["type"] for _ in range(2)] == ["acknowledgment"] * 2, "there is room again"


async def test_an_id_that_is_there_is_attached_to_all_the_same(open_socket: OpenSocket) -> None:
    socket = await open_socket(user="floyd")
    first = await submit(socket, id="mine")
    assert (await submit(socket))["type"] == "acknowledgment" and (await submit(socket))["type"] == "error"
    again = await submit(socket, id="mine")
    assert again["duplicate"] and again["request_id"] == first["request_id"]


async def test_the_user_pays_for_looking_and_the_tenant_does_not(
    open_socket: OpenSocket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_queues, "REMEMBERED_SECONDS", 0.0)
    settings.STREAMER_SUBMITS_PER_USER, settings.STREAMER_SUBMITS_PER_TENANT = 0.5, 0.6
    socket = await open_socket(user="florence", tenant="florida")
    await fill(socket)
    refused = [(await submit(socket))["error"]["details"] for _ in range(5)]
    assert [one.get("by") for one in refused] == [None, None, "user", "user", "user"]
    assert (await submit(await open_socket(user="fritz", tenant="florida")))["type"] == "acknowledgment"
