"""A stream by itself: it keeps little, lets nothing behind, and ends a client that does not read."""

import asyncio
import time
from typing import Any

import pytest
from pytest_django import Settings

from realtime.auth import Identity
from realtime.http.streams import server_sent, stream
from realtime.http.streams.stream import CONGESTED_BYTES, MAX_BYTES, EventStream
from realtime.shared import drain, registry
from realtime.wire.close_codes import CloseCode
from tests.realtime.server_sent import Reader
from tests.realtime.sockets import until

pytestmark = pytest.mark.django_db(transaction=True)


class Source:
    """A source that pushes what it is told to."""

    id_of = staticmethod(server_sent.seq_of)

    def __init__(self, *texts: str, error: Exception | None = None) -> None:
        self._texts = texts
        self._error = error
        self.ends = 0
        self.went_on = 0

    async def begin(self, stream: EventStream) -> None:
        if self._error is not None:
            raise self._error
        for text in self._texts:
            stream.push(text)

    def go_on(self) -> None:
        self.went_on += 1

    def end(self) -> None:
        self.ends += 1


class Opened:
    def __init__(self, source: Source, identity: Identity, most: int = 10) -> None:
        self.aborted = 0
        self.source = source
        self.stream = EventStream(identity, source, self._abort, most)
        self.reader = Reader()

    def _abort(self) -> None:
        self.aborted += 1

    async def read(self) -> bool:
        """Take the next piece. Return False at the end."""
        async with asyncio.timeout(10):
            piece = await self.stream.next_piece()
        self.reader.feed(piece or b"")
        return piece is not None

    async def read_all(self) -> list[dict[str, Any]]:
        while await self.read():
            pass
        return [event.message for event in self.reader.events if event.message]


def numbered(seq: int, size: int = 0) -> str:
    return f'{{"type":"progress","seq":{seq},"message":"{"x" * size}"}}'


async def test_it_works(alice: Identity) -> None:
    opened = Opened(Source(numbered(1), numbered(2)), alice)
    assert await opened.read() and opened.reader.events[0].retry == 2000
    assert registry().streams.open == {opened.stream}
    assert await opened.read() and opened.reader.last_id == "2"
    opened.stream.complete()
    assert not await opened.read()
    assert registry().streams.open == set() and opened.source.ends == 1


async def test_it_keeps_quiet_clients_and_proxies_awake(alice: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.02)
    opened = Opened(Source(), alice)
    for _ in range(3):
        assert await opened.read()
    assert [event.comment for event in opened.reader.events] == [None, "keep-alive", "keep-alive"]


async def test_a_source_is_held_back_while_much_waits(alice: Identity) -> None:
    opened = Opened(Source(), alice)
    await opened.read()
    for seq in range(1, 10):
        assert not opened.stream.is_congested
        opened.stream.push(numbered(seq, CONGESTED_BYTES // 9))
    assert opened.stream.is_congested
    pieces = 0
    while opened.stream.is_congested:
        assert opened.source.went_on == 0 and await opened.read()
        pieces += 1
    assert pieces > 1 and opened.source.went_on == 1


async def test_what_nobody_reads_is_not_kept_without_end(alice: Identity) -> None:
    opened = Opened(Source(), alice)
    await opened.read()
    for seq in range(12):
        opened.stream.push(numbered(seq, MAX_BYTES // 10))
    (goodbye,) = await opened.read_all()
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", CloseCode.TOO_SLOW)
    assert opened.source.ends == 1


async def test_a_client_that_takes_nothing_is_cut_off(alice: Identity, settings: Settings) -> None:
    settings.STREAMER_STREAM_STALL_SECONDS = 0.05
    opened = Opened(Source(numbered(1)), alice)
    await opened.read()
    await until(lambda: opened.aborted, "it is cut off")


async def test_a_client_that_takes_all_is_not(
    alice: Identity, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STREAMER_STREAM_STALL_SECONDS = 0.05
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.2)
    opened = Opened(Source(), alice)
    await opened.read()
    await opened.read()
    assert not opened.aborted


@pytest.mark.parametrize("code", [CloseCode.DRAIN, CloseCode.REVOKED, CloseCode.TOKEN_EXPIRED])
async def test_an_end_comes_behind_what_waits(code: CloseCode, alice: Identity) -> None:
    opened = Opened(Source(numbered(1)), alice)
    await opened.read()
    await asyncio.sleep(0)
    opened.stream.close(code)
    opened.stream.push(numbered(2))
    first, goodbye = await opened.read_all()
    assert first["seq"] == 1 and (goodbye["type"], goodbye["code"]) == ("goodbye", code)
    assert opened.reader.events[-1].retry == goodbye["after_ms"] and registry().streams.open == set()


async def test_an_end_that_nobody_reads_is_a_cut(alice: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "_LAST_WORDS_SECONDS", 0.05)
    opened = Opened(Source(numbered(1)), alice)
    await opened.read()
    opened.stream.close(CloseCode.DRAIN)
    await until(lambda: opened.aborted, "it is cut off")


async def test_a_client_that_leaves_leaves_nothing(alice: Identity) -> None:
    opened = Opened(Source(), alice)
    await opened.read()
    waiting = asyncio.create_task(opened.stream.next_piece())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    opened.stream.end()
    assert registry().streams.open == set() and opened.source.ends == 1


async def test_one_that_nobody_iterates_over_has_never_begun(alice: Identity) -> None:
    opened = Opened(Source(), alice)
    opened.stream.end()
    assert registry().streams.open == set() and registry().streams.count(alice) == 0


async def test_a_source_that_fails_has_the_client_come_back(alice: Identity) -> None:
    opened = Opened(Source(error=ZeroDivisionError()), alice)
    (goodbye,) = await opened.read_all()
    assert (goodbye["code"], goodbye["reconnect"]) == (CloseCode.SERVER_ERROR, True)
    assert "ZeroDivision" not in str(goodbye)


async def test_one_too_many_that_slipped_through_is_told(alice: Identity, bob: Identity) -> None:
    first, second, others = (Opened(Source(), who, most=1) for who in (alice, alice, bob))
    for one in (first, others, second):
        await one.read()
    (goodbye,) = await second.read_all()
    assert goodbye["code"] == CloseCode.CONNECTION_LIMIT
    assert registry().streams.open == {first.stream, others.stream}


async def test_a_process_that_stops_takes_no_new_ones(alice: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain(), "begun", True)
    (goodbye,) = await Opened(Source(numbered(1)), alice).read_all()
    assert (goodbye["code"], goodbye["reconnect"]) == (CloseCode.DRAIN, True)


async def test_it_ends_with_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Identity(user_id="alice", tenant_id="acme", permissions=frozenset(), expires_at=time.time() - 60)
    (goodbye,) = await Opened(Source(), ended).read_all()
    assert (goodbye["code"], goodbye["reconnect"]) == (CloseCode.TOKEN_EXPIRED, True)
