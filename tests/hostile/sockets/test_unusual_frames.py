"""Frames that RFC 6455 allows and clients seldom send are understood, and the connection stays open."""

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.hostile.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, RawSocket, frame, raw_socket
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
# As many bytes of JSON around the text of an echo.
_AROUND = len(json.dumps({"action": "echo", "payload": {"message": ""}}))


@pytest.fixture
def raw(attacked_stack: LiveStack, cast: Callable[[str], str]) -> Iterator[RawSocket]:
    with raw_socket(attacked_stack, attacked_stack.token(cast("bob"))) as raw:
        yield raw


def echo(message: str) -> bytes:
    return json.dumps({"action": "echo", "payload": {"message": message}}, ensure_ascii=False).encode()


def answer(raw: RawSocket) -> Any:
    while (received := raw.read_frame()) is not None:
        if received.opcode == TEXT:
            return json.loads(received.payload)
    raise AssertionError("closed")


def assert_open(raw: RawSocket) -> None:
    raw.send(frame(b'{"type": "ping"}'))
    assert answer(raw)["type"] == "pong"


def test_control_frames_between_fragments(raw: RawSocket) -> None:
    text = echo("in parts")
    raw.send(frame(text[:5], final=False) + frame(b"first", PING) + frame(b"unasked", PONG))
    assert raw.read_frame() == Frame(PONG, b"first")
    raw.send(frame(b"", CONTINUATION, final=False) + frame(text[5:9], CONTINUATION, final=False))
    raw.send(frame(b"x" * 125, PING) + frame(text[9:], CONTINUATION, final=False))
    assert raw.read_frame() == Frame(PONG, b"x" * 125)
    raw.send(frame(b"", CONTINUATION))
    assert answer(raw)["data"] == {"message": "in parts"}


def test_a_character_in_two_fragments(raw: RawSocket) -> None:
    text = echo("€")
    cut = text.index("€".encode()) + 1
    raw.send(frame(text[:cut], final=False) + frame(text[cut:], CONTINUATION))
    assert answer(raw)["data"] == {"message": "€"}


def test_a_message_byte_by_byte_and_many_messages_at_once(raw: RawSocket) -> None:
    for byte in frame(echo("slowly")):
        raw.send(bytes([byte]))
    assert answer(raw)["data"] == {"message": "slowly"}
    raw.send(b"".join(frame(b'{"type": "ping", "id": "%d"}' % number) for number in range(50)))
    assert [answer(raw)["id"] for _ in range(50)] == [str(number) for number in range(50)]


@pytest.mark.parametrize("size", [125, 126, 127, 65_535, 65_536, 500_000])
def test_lengths_of_one_two_and_eight_bytes(raw: RawSocket, size: int) -> None:
    text = echo("x" * (size - _AROUND))
    assert len(text) == size
    raw.send(frame(text))
    assert answer(raw)["data"] == {"message": "x" * (size - _AROUND)}


def test_pings_are_answered_in_order_with_what_they_hold(raw: RawSocket) -> None:
    contents = [b"", b"\x00\xff", b"x" * 125]
    for content in contents:
        raw.send(frame(content, PING))
    assert [raw.read_frame() for _ in contents] == [Frame(PONG, content) for content in contents]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"{}", BINARY), "INVALID_MESSAGE"),
        (frame(b"", BINARY), "INVALID_MESSAGE"),
        (frame(b""), "INVALID_MESSAGE"),
        (frame(b"\xef\xbb\xbf{}"), "INVALID_MESSAGE"),
        (frame(b" " * (1024 * 1024 + 1)), "PAYLOAD_TOO_LARGE"),
    ],
    ids=["binary", "nothing, as binary", "nothing", "a byte order mark", "a message above the limit"],
)
def test_what_is_no_message_is_an_error_and_no_end(raw: RawSocket, sent: bytes, code: str) -> None:
    raw.send(sent)
    assert answer(raw)["error"]["code"] == code
    assert_open(raw)


@pytest.mark.parametrize("content", [b"", *(struct.pack("!H", code) for code in (1000, 1001, 1011, 3000, 4999))])
def test_a_close_is_answered_and_ends_the_connection(raw: RawSocket, content: bytes) -> None:
    raw.send(frame(content, CLOSE) + frame(b'{"type": "ping"}'))
    received = raw.read_frame()
    assert received is not None and received.opcode == CLOSE and received.payload in {content, struct.pack("!H", 1000)}
    assert raw.read_frame() is None


def test_a_close_between_fragments_is_no_fault_of_the_server(raw: RawSocket) -> None:
    raw.send(frame(b"{", final=False) + frame(struct.pack("!H", 1000), CLOSE))
    assert raw.read_close() in {1000, 1002}
