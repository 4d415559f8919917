"""Frames that RFC 6455 forbids end the connection that sent them, with the code that says why, and disturb no other."""

import asyncio
import struct
from collections.abc import Callable

import pytest

from streamer_site.local.web import Server
from streamer_site.servers.limits import MAX_MESSAGE_BYTES
from tests.acceptance.client import connect
from tests.hostile.raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, frame, raw_socket
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(120)]
_CUT_CHARACTER = "€".encode()[:2]
_A_MEBIBYTE = b" " * 1024 * 1024


def close(code: int, reason: bytes = b"") -> bytes:
    return frame(struct.pack("!H", code) + reason, CLOSE)


def head(length: int) -> bytes:
    """Begin a text frame that claims to have this many bytes."""
    return struct.pack("!BBQ4x", 0x80 | TEXT, 0x80 | 127, length)


FORBIDDEN: dict[str, tuple[bytes, int]] = {
    **{f"reserved bit {bit}": (frame(b"{}", reserved=bit), 1002) for bit in (1, 2, 4)},
    **{f"reserved opcode {opcode:#x}": (frame(b"", opcode), 1002) for opcode in (0x3, 0x7, 0xB, 0xF)},
    "a long ping": (frame(b"x" * 126, PING), 1002),
    "a ping in two parts": (frame(b"x", PING, final=False), 1002),
    "a continuation of nothing": (frame(b"{}", CONTINUATION), 1002),
    "a continuation after the end": (
        frame(b"{", final=False) + frame(b"}", CONTINUATION) + frame(b"", CONTINUATION),
        1002,
    ),
    "a message within another": (frame(b"{", TEXT, final=False) + frame(b"}", BINARY), 1002),
    "no mask": (frame(b"{}", masked=False), 1002),
    "a close of one byte": (frame(b"\x03", CLOSE), 1002),
    **{f"the close code {code}": (close(code), 1002) for code in (0, 999, 1005, 1006, 1015, 1016, 2999, 5000)},
    "a close reason that is not UTF-8": (close(1000, b"\xff"), 1007),
    "text that is not UTF-8": (frame(b'{"type": "\xff"}'), 1007),
    "half a surrogate pair": (frame(b"\xed\xa0\x80"), 1007),
    "text that ends within a character": (frame(_CUT_CHARACTER), 1007),
    "fragments that end within a character": (
        frame(b"{}", final=False) + frame(_CUT_CHARACTER, CONTINUATION),
        1007,
    ),
    "one byte too many": (head(MAX_MESSAGE_BYTES + 1), 1009),
    "a claim of an exbibyte": (head(2**60), 1009),
    "one byte too many in fragments": (
        frame(_A_MEBIBYTE, final=False) + 3 * frame(_A_MEBIBYTE, CONTINUATION, final=False) + frame(b" ", CONTINUATION),
        1009,
    ),
}


@pytest.mark.parametrize(("sent", "code"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
async def test_a_forbidden_frame_ends_its_connection(
    attacked_stack: LiveStack, cast: Callable[[str], str], sent: bytes, code: int
) -> None:
    async with connect(attacked_stack, cast("bob")) as other:
        with raw_socket(attacked_stack, attacked_stack.token(cast("mallory"))) as raw:
            raw.send(sent)
            assert await asyncio.to_thread(raw.read_close) == code
            assert await asyncio.to_thread(raw.read_frame) is None
        await other.ping()


async def test_the_code_arrives_although_the_client_is_still_sending(
    attacked_stack: LiveStack, cast: Callable[[str], str]
) -> None:
    """A server that closes at once resets the connection, and the reset overtakes the close frame."""
    with raw_socket(attacked_stack, attacked_stack.token(cast("mallory"))) as raw:
        raw.send(head(MAX_MESSAGE_BYTES + 1) + _A_MEBIBYTE)
        assert await asyncio.to_thread(raw.read_close) == 1009


def test_lengths_that_no_frame_can_have(attacked_stack: LiveStack, cast: Callable[[str], str], server: Server) -> None:
    cases = [(head(2**63), {1002, 1009})]
    if server == "daphne":  # websockets, under uvicorn, takes a length in more bytes than it needs
        cases += [(head(5), {1002}), (struct.pack("!BBH4x", 0x81, 0x80 | 126, 5), {1002})]
    for sent, codes in cases:
        with raw_socket(attacked_stack, attacked_stack.token(cast("mallory"))) as raw:
            raw.send(sent + b"     ")
            assert raw.read_close() in codes
