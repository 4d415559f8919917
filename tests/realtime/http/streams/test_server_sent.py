import json

import pytest

from realtime.http.streams import server_sent
from realtime.wire.close_codes import CloseCode
from tests.realtime.server_sent import Event, Reader


def read(data: bytes) -> Event:
    (event,) = Reader().feed(data)
    return event


def test_it_works() -> None:
    message = b'{"type":"progress","seq":3,"message":"3 of 9"}'
    event = server_sent.event(message, server_sent.seq_of(message))
    assert event == b"id: 3\ndata: " + message + b"\n\n"
    assert read(server_sent.BEGINNING).retry == 2000 and read(server_sent.KEEP_ALIVE).comment == "keep-alive"


def test_what_has_no_number_has_no_id() -> None:
    message = b'{"type":"waiting","position":2}'
    assert server_sent.event(message, server_sent.seq_of(message)) == b"data: " + message + b"\n\n"


def test_a_message_of_the_feed_goes_by_its_cursor() -> None:
    message = b'{"type":"message","cursor":"2026-01-01T00:00:00+00:00","request":{"seq":3,"cursor":"of a payload"}}'
    assert server_sent.cursor_of(message) == "2026-01-01T00:00:00+00:00"
    assert server_sent.cursor_of(b'{"type":"result_expiring"}') is None


def test_no_text_of_a_user_breaks_an_event() -> None:
    text = "a\nid: 9\r\n\r\ndata: x\u2028\x00"
    message = json.dumps({"seq": 1, "message": text}, ensure_ascii=False).encode()
    event = read(server_sent.event(message, server_sent.seq_of(message)))
    assert (event.id, event.message["message"]) == ("1", text)


@pytest.mark.parametrize("code", [CloseCode.DRAIN, CloseCode.REVOKED])
def test_a_goodbye_says_when_to_come_back(code: CloseCode) -> None:
    event = read(server_sent.goodbye(code, 1234))
    assert (event.kind, event.retry, event.id) == ("goodbye", 1234, None)
    assert event.message["type"] == "goodbye" and event.message["after_ms"] == 1234
    assert (event.message["code"], event.message["reconnect"]) == (int(code), code.reconnect)
