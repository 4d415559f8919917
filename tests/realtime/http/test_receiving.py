"""Bodies of any request: bounded in size and pace, and answered even when they are not read."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from pytest_django import Settings

from realtime.http.receiving import body
from realtime.http.receiving.application import ABORT, AnswerCut, BoundedBodies
from realtime.http.receiving.body import Receive, Scope, Send
from realtime.http.receiving.heads import MAX_CHARACTERS
from tests.conftest import MakeToken
from tests.realtime.http.uploading import DEADLINE_SECONDS, Upload, body_of
from tests.realtime.sockets import until

MOST = 1000
Request = Callable[..., ApplicationCommunicator]


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MOST


async def count_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the size of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        assert message["type"] == "http.request"
        size, more = size + len(message["body"]), message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def refuse_unread(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 401, "headers": []})
    await send({"type": "http.response.body", "body": b"no"})


def request(app: Any = count_body, **headers: str) -> ApplicationCommunicator:
    listed = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": "/", "headers": listed}
    return ApplicationCommunicator(BoundedBodies(app, ()), scope)


async def send(communicator: ApplicationCommunicator, piece: bytes, more: bool = False) -> None:
    await communicator.send_input({"type": "http.request", "body": piece, "more_body": more})


async def answer(communicator: ApplicationCommunicator) -> tuple[dict[str, Any], bytes]:
    start = await communicator.receive_output(DEADLINE_SECONDS)
    content = await communicator.receive_output(DEADLINE_SECONDS)
    return {**start, "headers": dict(start["headers"])}, content["body"]


async def test_it_works() -> None:
    communicator = request(content_length="600")
    await send(communicator, b"x" * 500, more=True)
    await send(communicator, b"x" * 100)
    start, content = await answer(communicator)
    assert (start["status"], content, start["headers"]) == (200, b"600", {})


async def test_a_length_above_the_limit_is_refused_unread() -> None:
    communicator = request(content_length=str(MOST + 1))
    start, content = await answer(communicator)
    assert start["status"] == 413 and start["headers"][b"connection"] == b"close"
    assert json.loads(content)["error"]["details"] == {"limit_bytes": MOST}
    assert len(content) == int(start["headers"][b"content-length"])


@pytest.mark.parametrize("length", ["9" * 1_000, "9" * 30])
async def test_a_length_beyond_all_numbers_is_refused(length: str) -> None:
    assert (await answer(request(content_length=length)))[0]["status"] == 413


@pytest.mark.parametrize("digit", ["0", "9"])
async def test_a_length_of_more_digits_than_are_read_is_refused(digit: str) -> None:
    assert (await answer(request(content_length=digit * 5_000)))[0]["status"] == 400


@pytest.mark.parametrize("zeros", [1, 18, 40])
async def test_a_length_with_zeros_in_front_is_read_as_what_it_is(zeros: int) -> None:
    assert (await answer(request(content_length="0" * zeros + str(MOST + 1))))[0]["status"] == 413
    communicator = request(content_length="0" * zeros + "600")
    await send(communicator, b"x" * 600)
    assert (await answer(communicator))[1] == b"600"


async def test_a_length_of_nothing_beside_a_body_in_pieces_lets_no_more_through() -> None:
    communicator = request(content_length="0", transfer_encoding="chunked")
    for _ in range(3):
        await send(communicator, b"x" * 500, more=True)
    assert (await answer(communicator))[0]["status"] == 413


@pytest.mark.parametrize(
    "headers",
    [
        *(
            {"content_type": f"application/json; charset={name}"}
            for name in ("zlib", "hex", "punycode", "nobody-knows")
        ),
        *({name: "a/b; x*=nope''y"} for name in ("content_type", "accept")),
        *({name: "a/b; x*=a; x*0=b"} for name in ("content_type", "accept")),
        *({name: 'a/b;"' + ";" * 1_000} for name in ("content_type", "accept")),
        *({name: "a/" + "b" * MAX_CHARACTERS} for name in ("content_type", "accept")),
    ],
)
async def test_a_head_that_nobody_can_read_is_the_fault_of_the_client(headers: dict[str, str]) -> None:
    start, content = await answer(request(content_length="600", **headers))
    assert start["status"] == 400 and start["headers"][b"connection"] == b"close"
    assert json.loads(content)["error"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "headers",
    [
        {"content_type": "application/json; charset=UTF-8", "accept": "*/*"},
        {"content_type": 'multipart/form-data; boundary="a*b"', "accept": "text/html;level, */*;q=0.8"},
        {"content_type": "text/plain; charset=ISO-8859-1", "accept": "text/event-stream"},
        {"content_type": "", "accept": ""},
    ],
)
async def test_usual_heads_are_let_through(headers: dict[str, str]) -> None:
    communicator = request(content_length="600", **headers)
    await send(communicator, b"x" * 600)
    assert (await answer(communicator))[1] == b"600"


async def test_a_body_that_does_not_say_its_length_is_cut_off_at_the_limit() -> None:
    communicator = request(transfer_encoding="chunked")
    for _ in range(3):
        await send(communicator, b"x" * 500, more=True)
    start, _ = await answer(communicator)
    assert start["status"] == 413 and start["headers"][b"connection"] == b"close"


async def test_a_slow_body_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "WINDOW_SECONDS", 0.1)
    communicator = request(content_length="600")
    await send(communicator, b"x" * 50, more=True)
    start, content = await answer(communicator)
    assert start["status"] == 408 and json.loads(content)["error"]["code"] == "TIMEOUT"


async def test_a_body_that_keeps_its_pace_is_read(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    now = [1_000.0]
    monkeypatch.setattr(body, "time", SimpleNamespace(monotonic=lambda: now[0]))
    settings.STREAMER_BODY_BYTES_PER_SECOND = 20
    communicator = request(content_length="600")
    for at in range(6):
        if at:
            await until(lambda: communicator.input_queue._getters, "the next piece is waited for")
            now[0] += 0.4 * body.WINDOW_SECONDS
        await send(communicator, b"x" * 100, more=at < 5)
    assert (await answer(communicator))[1] == b"600"


async def test_what_still_comes_is_read_before_an_early_answer_ends() -> None:
    communicator = request(refuse_unread, content_length="600")
    start, content = await answer(communicator)
    assert (start["status"], start["headers"], content) == (401, {b"connection": b"close"}, b"no")
    assert await communicator.receive_nothing()
    await send(communicator, b"x" * 600)
    assert await communicator.receive_output(DEADLINE_SECONDS) == {"type": "http.response.body"}


async def test_behind_a_body_without_a_byte_comes_the_end_of_the_client() -> None:
    async def tell_what_comes(scope: Scope, receive: Receive, send: Send) -> None:
        kinds = [(await receive())["type"] for _ in range(2)]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": " ".join(kinds).encode()})

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/",
        "headers": [(b"content-length", b"0")],
    }
    communicator = ApplicationCommunicator(BoundedBodies(tell_what_comes, ("/",)), scope)
    await send(communicator, b"")
    await communicator.send_input({"type": "http.disconnect"})
    assert (await answer(communicator))[1] == b"http.request http.disconnect"


async def test_a_client_that_waits_for_permission_sends_nothing() -> None:
    communicator = request(refuse_unread, content_length="600", expect="100-continue")
    await answer(communicator)
    assert await communicator.receive_output(DEADLINE_SECONDS) == {"type": "http.response.body"}


async def test_an_answer_to_a_request_without_a_body_leaves_the_connection_open() -> None:
    start, _ = await answer(request(refuse_unread))
    assert start["headers"] == {}


# --- Uploads pass Django's middleware --------------------------------------------------------------------------------


async def heads(upload: Upload) -> tuple[int, dict[bytes, bytes]]:
    start = await upload._communicator.receive_output(DEADLINE_SECONDS)
    await upload._communicator.wait(DEADLINE_SECONDS)
    return start["status"], {name.lower(): value for name, value in start["headers"]}


@pytest.mark.django_db(transaction=True)
async def test_an_upload_to_another_host_is_refused(make_token: MakeToken) -> None:
    upload = await Upload(make_token(), host="evil.example").send(body_of())
    assert (await heads(upload))[0] == 400


@pytest.mark.django_db(transaction=True)
async def test_an_upload_has_the_security_headers_of_other_answers(make_token: MakeToken) -> None:
    status, headers = await heads(await Upload(make_token(permissions=())).send(body_of()))
    assert status == 403 and headers[b"x-content-type-options"] == b"nosniff" and headers[b"x-frame-options"] == b"DENY"
    assert headers[b"referrer-policy"] == b"same-origin" and headers[b"cache-control"] == b"no-store"


# --- answers that break off ------------------------------------------------------------------------------------------


async def break_off(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise AnswerCut("A file could not be read to its end")


async def test_an_answer_that_breaks_off_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    cuts: list[str] = []
    communicator = request(break_off)
    communicator.scope["extensions"] = {ABORT: lambda: cuts.append("cut")}
    await send(communicator, b"")
    assert (await answer(communicator))[1] == b"half"
    await communicator.wait(DEADLINE_SECONDS)
    assert cuts == ["cut"] and caplog.messages == ["A file could not be read to its end; the connection is cut"]


async def test_a_server_that_cannot_cut_gets_the_error() -> None:
    communicator = request(break_off)
    await send(communicator, b"")
    with pytest.raises(AnswerCut):
        await answer(communicator)
