"""The transcripts have their format, fit the protocol, and can be held: no step needs what no other step made."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from jobs.errors import ErrorCode
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES
from realtime.wire.server import SERVER_MESSAGES
from tests.clients.transcripts import transcript as format_
from tests.clients.transcripts.transcript import (
    FOLDER,
    SCHEMA_FILE,
    WELCOME_FILE,
    AcceptStep,
    CallStep,
    Cancel,
    CloseStep,
    DropStep,
    ErrorSeen,
    ExpectStep,
    FailStep,
    SendStep,
    Status,
    SubmitMany,
    Transcript,
    json_schema,
    read_transcript,
)

FILES = sorted(FOLDER.glob("*.json"))
REFERENCE = Path(__file__).resolve().parents[3] / "docs/reference"
PROTOCOL = REFERENCE / "protocol.md"
CONTRACT = REFERENCE / "client-contract.md"
UNKNOWN_TYPES = {"weather"}
"""Types that the protocol does not have, on purpose."""
UNKNOWN_FIELDS = {"colour", "text"}
ERROR_KINDS = {
    *("StreamerError", "ValidationFailed", "RateLimited", "Unauthorized", "NotFound", "RequestFailed"),
    *("RequestCancelled", "ConnectionStopped", "QueueFull"),
}
A_UUID = str(UUID(int=1))
# The fields without which a message says nothing, of those types that the files use.
REQUIRED: Mapping[str, set[str]] = {
    "response": {"id", "success", "data"},
    "acknowledgment": {"id", "request_id", "status", "duplicate", "position"},
    "waiting": {"request_id", "ahead", "position"},
    "started": {"request_id", "seq", "attempt"},
    "progress": {"request_id", "seq", "attempt", "percentage", "message", "metadata"},
    "partial": {"request_id", "seq", "attempt", "data"},
    "retrying": {"request_id", "seq", "attempt", "retry_at", "error"},
    "complete": {"request_id", "seq", "attempt", "success", "result", "final"},
    "error": {"success", "error"},
    "cancelled": {"request_id", "seq", "attempt", "mode", "seconds", "final"},
    "snapshot": {"request_id", "seq", "status", "reason"},
    "subscribed": set(),
    "authenticated": {"token_expires_in"},
    "token_expiring": {"expires_in"},
    "pong": set(),
    "message": set(),
    "result_expiring": {"topic", "request_id", "artifact_id", "filename", "expires_at"},
    "goodbye": {"code", "reason", "reconnect", "after_ms"},
}

named = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_there_are_files() -> None:
    assert len(FILES) > 30


@named
def test_it_has_the_format_and_its_own_name(path: Path) -> None:
    assert read_transcript(path).name == path.stem


def test_the_schema_is_that_of_the_format() -> None:
    # To write it anew: python -m tests.clients.transcripts.schema
    assert json.loads(SCHEMA_FILE.read_text()) == json_schema()


@pytest.mark.parametrize(
    ("kinds", "item"),
    [
        (format_.STEPS, {"send": {}, "close": 4000}),
        (format_.STEPS, {"sends": {}}),
        (format_.STEPS, {"close": 4000, "within_seconds": 1}),
        (format_.SEEN, {"of": "report"}),
        (format_.SEEN, {"of": "report", "error": {"kind": "NotFound", "cod": "NOT_FOUND"}}),
    ],
)
def test_what_does_not_have_the_format_is_refused(kinds: Any, item: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        format_._read_as(kinds, item)


@named
def test_its_client_frames_are_messages_of_the_protocol(path: Path) -> None:
    for frame in _expected(read_transcript(path)):
        kind = CLIENT_MESSAGES[frame["type"]]
        assert frame.keys() - {"type"} <= set(kind.__struct_fields__), frame
        # Placeholders are texts, which ids may be.
        msgspec.convert(frame, kind)


@named
def test_its_server_frames_are_messages_of_the_protocol(path: Path) -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"```.*?```|`[^`]+`", PROTOCOL.read_text(), re.DOTALL))))
    for frame in _sent(read_transcript(path)):
        kind = frame["type"]
        assert kind in SERVER_MESSAGES or kind in UNKNOWN_TYPES, kind
        if kind in SERVER_MESSAGES:
            assert frame.keys() >= REQUIRED[kind], frame
        assert frame.keys() <= words | UNKNOWN_FIELDS, frame.keys() - words
        if "error" in frame:
            assert frame["error"]["code"] in set(ErrorCode)
            assert {"code", "message", "retryable"} <= frame["error"].keys()


def test_every_type_that_a_client_meets_is_in_some_file() -> None:
    sent = {frame["type"] for path in FILES for frame in _sent(read_transcript(path))}
    others = {"requests", "unsubscribed", "published", "presence", "extended", "welcome"}
    assert sent >= set(SERVER_MESSAGES) - others


def test_the_standard_welcome_is_one() -> None:
    welcome = json.loads(WELCOME_FILE.read_text())
    assert welcome["type"] == "welcome" and welcome["protocol"] == "streamer.v1"
    assert welcome["heartbeat_seconds"] > 0 and welcome["limits"]["credit_events"] > 64


@named
def test_its_codes_of_closes_are_known(path: Path) -> None:
    codes = [step.close for step in read_transcript(path).steps if isinstance(step, CloseStep)]
    assert set(codes) <= {1000, *map(int, CloseCode)}


@named
def test_its_goodbyes_are_those_of_the_server(path: Path) -> None:
    for frame in _sent(read_transcript(path)):
        if frame["type"] == "goodbye":
            code = CloseCode(frame["code"])
            assert (frame["reason"], frame["reconnect"]) == (code.reason, code.reconnect)
            assert frame["after_ms"] > 0 if code.reconnect else frame["after_ms"] >= 60_000


@named
def test_its_steps_are_possible(path: Path) -> None:
    """A frame needs an open connection, a placeholder one that was met, and a call that it names one that was made."""
    is_open, met, made = False, set[str](), set[str]()
    for step in read_transcript(path).steps:
        if isinstance(step, CallStep):
            assert not isinstance(step.call, Cancel | Status) or step.call.of in made
            made |= _names(step.call)
        if isinstance(step, SendStep | ExpectStep | CloseStep | DropStep):
            assert is_open, step
        is_open = (is_open or isinstance(step, AcceptStep)) and not isinstance(step, CloseStep | DropStep | FailStep)
        if isinstance(step, ExpectStep):
            met |= _placeholders(step.expect)
        if isinstance(step, SendStep):
            assert _placeholders(step.send) <= met, step
    assert {seen.of for seen in read_transcript(path).application} <= made


@named
def test_its_numbers_end_with_the_final_one(path: Path) -> None:
    transcript = read_transcript(path)
    finals = {frame["request_id"]: frame["seq"] for frame in _sent(transcript) if frame.get("final")}
    for frame in _sent(transcript):
        if frame.get("request_id") in finals and "seq" in frame:
            assert frame["seq"] <= finals[frame["request_id"]], frame


@named
def test_its_errors_are_of_the_known_kinds(path: Path) -> None:
    errors = [seen.error for seen in read_transcript(path).application if isinstance(seen, ErrorSeen)]
    assert {error.kind for error in errors} <= ERROR_KINDS
    assert {error.code for error in errors if error.code} <= set(ErrorCode)


def test_the_page_for_runners_names_every_step_call_and_sight() -> None:
    page = (FOLDER / "README.md").read_text()
    calls = [kind.__struct_config__.tag for kind in format_.AnyCall.__args__]
    for word in (*format_.STEPS, *format_.SEEN, *calls):
        assert re.search(rf"`{word}\b", page), word


def test_the_page_for_clients_names_every_file_and_every_error() -> None:
    page = CONTRACT.read_text()
    brackets = " ".join(re.findall(r"\[(`[^\]]+`)\](?!\()", page))
    assert set(re.findall(r"`([^`]+)`", brackets)) == {path.stem for path in FILES}
    for kind in ERROR_KINDS:
        assert f"`{kind}`" in page


def _sent(transcript: Transcript) -> Iterator[dict[str, Any]]:
    for step in transcript.steps:
        if isinstance(step, SendStep):
            yield step.send if step.seqs is None else {**step.send, "seq": step.seqs[1]}


def _expected(transcript: Transcript) -> Iterator[dict[str, Any]]:
    return (step.expect for step in transcript.steps if isinstance(step, ExpectStep))


def _names(call: Any) -> set[str]:
    if isinstance(call, SubmitMany):
        return {asked.name for asked in call.requests}
    return {call.name}


def _placeholders(value: Any) -> set[str]:
    return set(re.findall(r'"(\$\w+)"', json.dumps(value)))
