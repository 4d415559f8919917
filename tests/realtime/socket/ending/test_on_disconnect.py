"""A request with ``on_disconnect: "cancel"`` ends with its connection, unless the server asked the client back."""

import asyncio
import logging
import threading
from typing import Any

import pytest
from django.db import OperationalError

from jobs.requests import writer as writer_module
from jobs.requests.submission import Submission, submit_many
from realtime.connections import disconnects
from realtime.models import Connection
from realtime.shared import drain, registry
from realtime.wire.close_codes import CloseCode
from tests.jobs.building import claim, row_of
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Socket, aside, submit, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "realtime.socket.ending")


def ends(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == "Connection ended"]


async def end_of(socket: Socket, caplog: pytest.LogCaptureFixture, code: int = 1001) -> dict[str, Any]:
    """Leave, and return the line about the end of the connection once there is one."""
    await socket.leave(code)
    await until(lambda: ends(caplog), "the end of the connection is logged")
    (line,) = ends(caplog)
    return line


async def state(request_id: str) -> tuple[str, bool]:
    row = await aside(row_of, request_id)
    return row.status, row.cancel_requested_at is not None


async def test_it_works(open_socket: OpenSocket, caplog: pytest.LogCaptureFixture) -> None:
    socket = await open_socket()
    runs = (await submit(socket, on_disconnect="cancel"))["request_id"]
    waits = (await submit(socket, on_disconnect="cancel"))["request_id"]
    stays = [(await submit(socket, **wish))["request_id"] for wish in ({}, {"on_disconnect": "keep"})]
    assert str((await aside(claim)).request_id) == runs
    assert (await end_of(socket, caplog))["requests_ended"] == 2
    assert await state(waits) == ("cancelled", True) and await state(runs) == ("processing", True)
    assert [await state(one) for one in stays] == [("pending", False)] * 2


async def test_each_request_of_a_batch_decides_for_itself(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    both = [{"action": "echo_async", "on_disconnect": wish} for wish in ("cancel", "keep")]
    await socket.say(type="requests", requests=both)
    answers = sorted([await socket.hear("acknowledgment") for _ in both], key=lambda one: int(one["index"]))
    await end_of(socket, caplog)
    assert [(await state(one["request_id"]))[0] for one in answers] == ["cancelled", "pending"]


@pytest.mark.parametrize("wish", ["stop", None, True, ["cancel"]])
async def test_another_wish_is_a_mistake(wish: Any, open_socket: OpenSocket) -> None:
    answer = await (await open_socket()).ask(action="echo_async", on_disconnect=wish, id="odd")
    assert (answer["id"], answer["error"]["code"]) == ("odd", "VALIDATION_ERROR")


async def test_of_the_same_request_twice_the_first_wish_counts(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await open_socket(), await open_socket()
    request_id = (await submit(first, id="one", on_disconnect="cancel"))["request_id"]
    assert (await submit(second, id="one", on_disconnect="keep"))["duplicate"]
    other = (await submit(first, id="two"))["request_id"]
    assert (await submit(second, id="two", on_disconnect="cancel"))["duplicate"]
    await second.leave()
    await until(lambda: ends(caplog), "the second is over")
    assert [await state(one) for one in (request_id, other)] == [("pending", False)] * 2
    await first.leave()
    await until(lambda: len(ends(caplog)) == 2, "the first is over")
    assert (await state(request_id), await state(other)) == (("cancelled", True), ("pending", False))


KEPT = {CloseCode.DRAIN, CloseCode.SERVER_ERROR, CloseCode.TOKEN_EXPIRED}


@pytest.mark.parametrize("code", [one for one in CloseCode if one not in (CloseCode.BAD_TOKEN, CloseCode.CONNECT_RATE)])
async def test_who_was_asked_back_loses_nothing(
    code: CloseCode, open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    request_id = (await submit(socket, on_disconnect="cancel"))["request_id"]
    (connection,) = registry().open.values()
    connection.close(code)
    await socket.hear_goodbye()
    line = await end_of(socket, caplog, 1006)
    assert (line["close_code"], line["close_reason"]) == (code, code.reason)
    assert (await state(request_id))[0] == ("pending" if code in KEPT else "cancelled")


async def test_who_leaves_while_the_process_stops_loses_nothing(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    request_id = (await submit(socket, on_disconnect="cancel"))["request_id"]
    drain().begun = True
    assert (await end_of(socket, caplog, 1006))["requests_ended"] == 0
    assert await state(request_id) == ("pending", False)


async def test_what_is_being_stored_when_the_client_leaves_is_cancelled_too(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_go_on = threading.Event(), threading.Event()
    stored: list[Submission] = []

    def slowly(submissions: list[Submission]) -> Any:
        begun.set()
        assert may_go_on.wait(10)
        stored.extend(submissions)
        return submit_many(submissions)

    monkeypatch.setattr(writer_module, "submit_many", slowly)
    socket = await open_socket()
    await socket.say(action="echo_async", on_disconnect="cancel")
    await asyncio.to_thread(begun.wait, 10)
    await socket.leave()
    assert not ends(caplog)
    may_go_on.set()
    await until(lambda: ends(caplog), "the end of the connection is logged")
    assert await state(str(stored[0].request_id)) == ("cancelled", True)


async def test_a_database_that_is_away_is_waited_for_and_the_row_looks_open_until_then(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancel, tried = disconnects.cancel_on_disconnect, threading.Event()

    def away(*_: object) -> int:
        tried.set()
        raise OperationalError("password of the inside")

    monkeypatch.setattr(disconnects, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(disconnects, "cancel_on_disconnect", away)
    socket = await open_socket()
    request_id = (await submit(socket, on_disconnect="cancel"))["request_id"]
    await socket.leave()
    await asyncio.to_thread(tried.wait, 10)
    await registry().write()
    assert (await aside(Connection.objects.get)).closed_at is None, "the sweeper would find it if this process died"
    monkeypatch.setattr(disconnects, "cancel_on_disconnect", cancel)
    await until(lambda: ends(caplog), "the end of the connection is logged")
    assert await state(request_id) == ("cancelled", True)
    await registry().write()
    assert (await aside(Connection.objects.get)).closed_at is not None


async def test_a_connection_without_such_requests_costs_no_statement(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> int:
        raise AssertionError("nobody wished for that")

    monkeypatch.setattr(disconnects, "cancel_on_disconnect", fail)
    socket = await open_socket()
    await submit(socket)
    await socket.leave()
    assert ends(caplog), "it is over at once"


async def test_the_end_of_a_connection_is_one_line_with_figures(
    open_socket: OpenSocket, caplog: pytest.LogCaptureFixture
) -> None:
    socket = await open_socket()
    await socket.say_text('{"type": "ping", "note": "ü"}')
    await socket.hear("pong")
    await submit(socket)
    line = await end_of(socket, caplog)
    assert (line["user"], line["tenant"], line["close_code"], line["close_reason"]) == ("alice", "acme", 1001, "client")
    assert line["messages_in"] == 2 and line["messages_out"] >= 3 and line["subscriptions"] == 1
    assert line["bytes_in"] == len('{"type": "ping", "note": "ü"}'.encode()) + len('{"action": "echo_async"}')
    assert line["bytes_out"] > 200 and line["seconds"] > 0 and line["cleanup_ms"] >= 0
    assert line["requests_ended"] == 0
