import json
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jobs import models
from jobs.errors import ErrorCode, error_body
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import (
    CLIENT_MESSAGES,
    Cancel,
    ClientMessage,
    Publish,
    Request,
    Status,
    Subscribe,
)
from realtime.wire.protocol import DEEPEST, BadMessage, encode, encode_error, encode_goodbye, parse

LIMIT = 10_000
REQUEST_ID = "00000000-0000-0000-0000-000000000007"


def read(text: str) -> ClientMessage:
    return parse(text, longest_bytes=LIMIT, most_containers=30_000)


def message(**fields: Any) -> ClientMessage:
    return read(json.dumps(fields))


def bad(text: str) -> BadMessage:
    with pytest.raises(BadMessage) as caught:
        read(text)
    return caught.value


def nested(levels: int) -> str:
    """Make a message whose payload reaches ``levels`` levels below it."""
    return '{"action": "echo", "id": "deep", "payload": {"a": ' + "[" * (levels - 2) + "]" * (levels - 2) + "}}"


def test_it_works() -> None:
    parsed = message(action="echo", payload={"message": "hi"}, id="mine", priority=5, expires_in=60, extra="ignored")
    assert isinstance(parsed, Request)
    assert (parsed.action, parsed.payload, parsed.client_id) == ("echo", {"message": "hi"}, "mine")
    assert (parsed.priority, parsed.expires_in, parsed.metadata) == (5, 60.0, {})


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"action": "echo"}, "request"),
        ({"type": "subscribe", "request_id": REQUEST_ID, "after_seq": 3}, "subscribe"),
        ({"type": "subscribe", "requests": [{"request_id": REQUEST_ID}]}, "subscribe"),
        ({"type": "unsubscribe", "request_id": REQUEST_ID}, "unsubscribe"),
        ({"type": "cancel", "request_id": REQUEST_ID}, "cancel"),
        ({"type": "status", "request_id": REQUEST_ID}, "status"),
        ({"type": "list"}, "list"),
        ({"type": "authenticate", "token": "a.b.c"}, "authenticate"),
        ({"type": "extend", "artifact_id": REQUEST_ID, "days": 5}, "extend"),
        ({"type": "regenerate", "request_id": REQUEST_ID}, "regenerate"),
        ({"type": "ping"}, "ping"),
        ({"type": "requests", "requests": [{"action": "echo"}]}, "requests"),
    ],
)
def test_every_kind_of_message_is_read(fields: dict[str, Any], kind: str) -> None:
    parsed = message(**fields, id="mine")
    assert type(parsed) is CLIENT_MESSAGES[kind] and parsed.id == "mine"
    assert message(**fields).id is None


def test_every_status_can_be_listed() -> None:
    assert {message(type="list", status=status).status for status in models.Status} == set(models.Status)  # type: ignore[attr-defined]


def test_the_id_of_a_request_has_an_alias() -> None:
    for fields, expected in (({"request_id": "a"}, "a"), ({"id": "b", "request_id": "a"}, "b"), ({}, None)):
        parsed = message(action="echo", **fields)
        assert isinstance(parsed, Request) and parsed.client_id == expected


# --- bad input -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "hello",
        "{",
        '{"action": "echo"',
        '{"action": "echo"} {}',
        "{'action': 'echo'}",
        '{"action": "echo", "payload": {"x": NaN}}',
        '{"action": "echo", "payload": {"x": Infinity}}',
        '{"action": "echo", "payload": {"x": 1e999}}',
        '{"action": "echo", "payload": {"x": ' + "9" * 5000 + "}}",
        '{"action": "echo", "payload": {"x": 01}}',
        '{"action": "echo", "id": "\\ud800"}',
        '{"action": "echo", "id": "\ud800"}',
        '{"action": "echo", "id": "raw \x00"}',
        "\ufeff{}",
        "[]",
        '[{"action": "echo"}]',
        "1",
        '"ping"',
        "null",
        "true",
        '{"type": "dance"}',
        '{"type": ""}',
        '{"type": "Ping"}',
        '{"type": "welcome"}',
        '{"type": null}',
        '{"type": 1}',
        '{"type": ["ping"]}',
        '{"type": {"ping": 1}}',
        '{"action": "echo", "payload": {"message": "a\\u0000b"}}',
        '{"action": "echo", "payload": {"a\\u0000": 1}}',
        '{"action": "a\\u0000"}',
        "[" * 9_000,
        '{"a":' * 1_500 + "1" + "}" * 1_500,
        nested(DEEPEST + 2),
    ],
    ids=lambda text: text[:40].encode("ascii", "backslashreplace").decode(),
)
def test_what_is_no_message_is_called_so(text: str) -> None:
    error = bad(text).error
    assert error["code"] == ErrorCode.INVALID_MESSAGE and error["message"] and error["retryable"] is False
    msgspec.json.encode(error)


def test_metadata_may_be_as_large_as_it_may() -> None:
    longest = {"a": "é" * 8_188}  # 16 KiB with the rest of the object
    parsed = parse(json.dumps({"action": "echo", "metadata": longest}), longest_bytes=100_000, most_containers=30_000)
    assert isinstance(parsed, Request) and parsed.metadata == longest


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({}, ""),
        ({"action": 1}, "action"),
        ({"action": None}, "action"),
        ({"action": ""}, "action"),
        ({"action": "a" * 65}, "action"),
        ({"action": "echo", "payload": []}, "payload"),
        ({"action": "echo", "payload": None}, "payload"),
        ({"action": "echo", "payload": "{}"}, "payload"),
        ({"action": "echo", "metadata": "x"}, "metadata"),
        ({"action": "echo", "metadata": {"a": "x" * 16_377}}, "metadata"),
        ({"action": "echo", "id": 7}, "id"),
        ({"action": "echo", "id": ""}, "id"),
        ({"action": "echo", "id": "a" * 129}, "id"),
        ({"action": "echo", "request_id": ["a"]}, "request_id"),
        ({"action": "echo", "priority": -1}, "priority"),
        ({"action": "echo", "priority": 3601}, "priority"),
        ({"action": "echo", "priority": "high"}, "priority"),
        ({"action": "echo", "priority": True}, "priority"),
        ({"action": "echo", "priority": 10**30}, "priority"),
        ({"action": "echo", "cache": "no"}, "cache"),
        ({"action": "echo", "cache": None}, "cache"),
        ({"action": "echo", "expires_in": 0}, "expires_in"),
        ({"action": "echo", "expires_in": -5}, "expires_in"),
        ({"action": "echo", "expires_in": 7 * 24 * 3600 + 1}, "expires_in"),
        ({"type": "subscribe", "request_id": "mine"}, "request_id"),
        ({"type": "subscribe", "request_id": REQUEST_ID, "after_seq": -1}, "after_seq"),
        ({"type": "subscribe", "request_id": REQUEST_ID, "after_seq": 2**31}, "after_seq"),
        ({"type": "subscribe", "request_id": REQUEST_ID, "after_seq": 1.5}, "after_seq"),
        ({"type": "subscribe", "requests": [{"request_id": REQUEST_ID}, {}]}, "requests[1]"),
        ({"type": "subscribe", "requests": [{"request_id": REQUEST_ID}] * 129}, "requests"),
        ({"type": "cancel", "request_id": 7}, "request_id"),
        ({"type": "status", "request_id": None}, "request_id"),
        ({"type": "list", "limit": 0}, "limit"),
        ({"type": "list", "limit": 201}, "limit"),
        ({"type": "list", "cursor": "x" * 201}, "cursor"),
        ({"type": "list", "status": "x" * 11}, "status"),
        ({"type": "list", "status": "dancing"}, "status"),
        ({"type": "authenticate"}, ""),
        ({"type": "authenticate", "token": ""}, "token"),
        ({"type": "authenticate", "token": "x" * 16_385}, "token"),
        ({"type": "ping", "id": {}}, "id"),
    ],
)
def test_a_field_that_does_not_fit_is_named(fields: dict[str, Any], path: str) -> None:
    with pytest.raises(BadMessage) as caught:
        parse(json.dumps(fields), longest_bytes=100_000, most_containers=30_000)
    error = caught.value.error
    assert error["code"] == ErrorCode.VALIDATION_ERROR
    (fault,) = error["details"]["faults"]
    assert fault["path"] == path and fault["message"] and fault["type"] == "message_field"
    assert "`" not in fault["path"] and error["message"].startswith(f"{path}: " if path else fault["message"])


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "a" * 64},
        {"action": "echo", "id": "a" * 128, "priority": 3600, "expires_in": 7 * 24 * 3600},
        {"action": "echo", "id": "ü" * 128},
        {"action": "echo", "id": "a", "priority": 0, "expires_in": 0.001},
        {"action": "echo", "payload": {"x": 10**30, "y": -(2**63), "z": 1e308}},
        {"action": "echo", "payload": {"text": "\\u0000 as six characters"}},
        {"type": "subscribe", "requests": [{"request_id": REQUEST_ID, "after_seq": 2**31 - 1}] * 128},
        {"type": "list", "limit": 200, "cursor": "x" * 200},
        {"type": "list", "limit": 1},
        {"type": "authenticate", "token": "x" * 9_000},
    ],
)
def test_values_at_the_bounds_are_fine(fields: dict[str, Any]) -> None:
    assert parse(json.dumps(fields), longest_bytes=100_000, most_containers=30_000)


def test_nesting_is_fine_down_to_the_limit() -> None:
    assert isinstance(read(nested(DEEPEST)), Request)
    assert "64" in bad(nested(DEEPEST + 2)).error["message"]


@pytest.mark.parametrize("character", ["x", "ü", "€", "😀"])
def test_a_frame_is_measured_in_bytes(character: str) -> None:
    def of(size: int) -> str:
        head, tail = '{"type": "ping", "pad": "', '"}'
        room = size - len(head) - len(tail)
        fill, rest = divmod(room, len(character.encode()))
        return head + character * fill + "x" * rest + tail

    assert parse(of(1000), longest_bytes=1000, most_containers=30_000)
    with pytest.raises(BadMessage) as caught:
        parse(of(1001), longest_bytes=1000, most_containers=30_000)
    assert caught.value.error["code"] == ErrorCode.PAYLOAD_TOO_LARGE
    assert caught.value.error["details"] == {"limit_bytes": 1000}


@pytest.mark.parametrize(
    ("text", "echoed"),
    [
        ('{"id": "mine", "type": "dance"}', "mine"),
        ('{"id": "mine", "action": 1}', "mine"),
        ('{"request_id": "mine", "action": 1}', "mine"),
        ('{"id": "mine", "action": "echo", "payload": {"a": "\\u0000"}}', "mine"),
        (nested(DEEPEST + 2), "deep"),
        ('{"request_id": "somebody", "type": "cancel"}', None),
        ('{"id": 7, "type": "dance"}', None),
        ('{"id": "", "type": "dance"}', None),
        ('{"id": "' + "a" * 129 + '", "type": "dance"}', None),
        ('["mine"]', None),
        ('{"id": "mine"', None),
    ],
)
def test_the_id_is_echoed_where_one_can_be_read(text: str, echoed: str | None) -> None:
    assert bad(text).id == echoed


# --- what the server says --------------------------------------------------------------------------------------------


def test_a_server_message_has_type_time_and_the_clients_id() -> None:
    body = json.loads(encode("pong", "mine", extra=UUID(int=7)))
    assert (body["type"], body["id"], body["extra"]) == ("pong", "mine", REQUEST_ID) and body["timestamp"] > 1.7e9
    assert "id" not in json.loads(encode("pong"))


def test_an_error_and_a_goodbye_have_their_fields() -> None:
    error = json.loads(encode_error(error_body(ErrorCode.NOT_FOUND, "no"), "mine", request_id=REQUEST_ID))
    assert error["success"] is False and error["error"]["code"] == "NOT_FOUND" and error["request_id"] == REQUEST_ID
    goodbye = json.loads(encode_goodbye(CloseCode.TOKEN_EXPIRED, after_ms=5))
    assert (goodbye["code"], goodbye["reason"], goodbye["reconnect"], goodbye["after_ms"]) == (
        4010,
        "token_expired",
        True,
        5,
    )


def test_the_lists_of_messages_name_each_once() -> None:
    assert {Cancel, Publish, Request, Status, Subscribe} <= set(CLIENT_MESSAGES.values()) and len(CLIENT_MESSAGES) == 13
