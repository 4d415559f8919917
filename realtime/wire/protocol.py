"""The wire protocol ``streamer.v1``: it checks the messages of clients and encodes the answers.

Pure: text in, typed message out. Numbered messages come from the log (``jobs.log.events``) and only pass through here.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.jsonable import has_nul
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES, BatchedRequest, ClientMessage

PROTOCOL: Final = "streamer.v1"
DEEPEST: Final = 64
"""The deepest nesting of arrays and objects in a message, or in an item of a batch."""


class BadMessage(Exception):
    """The client's text is no valid message. ``error`` is the answer's body; ``id`` is echoed if it could be read."""

    def __init__(self, error: ErrorBody, message_id: str | None = None, **place: int) -> None:
        super().__init__(error["message"])
        self.error = error
        self.id = message_id
        self.place = place
        """The same as ``ClientMessage.place``."""

    def answer(self) -> str:
        return encode_error(self.error, self.id, **self.place)


def parse(text: str, *, longest_bytes: int) -> ClientMessage:
    """Read one frame. Raises ``BadMessage`` for any mistake in it."""
    # A character takes at most four bytes, so most frames need not be encoded to be measured.
    if len(text) * 4 > longest_bytes and len(text.encode("utf-8", "replace")) > longest_bytes:
        raise BadMessage(_too_large(longest_bytes))
    fields = _object(text)
    message_id = _readable_id(fields)
    kind = fields.get("type", "request")
    if not isinstance(kind, str) or kind not in CLIENT_MESSAGES:
        known = ", ".join(CLIENT_MESSAGES)
        raise BadMessage(_invalid(f"There is no such type of message; there are: {known}"), message_id)
    if not _is_batch(fields) and "\\u0000" in text and has_nul(fields):
        raise BadMessage(_nul(), message_id)
    return _read_as(CLIENT_MESSAGES[kind], {**fields, "type": kind})


def read_item(fields: Any, index: int) -> BatchedRequest:
    """Read one item of a batch as ``parse`` reads a request that comes alone. Raises ``BadMessage``."""
    if not isinstance(fields, dict) or fields.get("type", "request") != "request":
        raise BadMessage(_invalid("An item of a batch is a request"), _readable_id(fields), index=index)
    if _is_deeper(fields, DEEPEST):
        raise BadMessage(_too_deep(), _readable_id(fields), index=index)
    if has_nul(fields):
        raise BadMessage(_nul(), _readable_id(fields), index=index)
    return _read_as(BatchedRequest, {**fields, "type": "request", "index": index}, index=index)


M = TypeVar("M", bound=ClientMessage)


def _read_as(kind: type[M], fields: Mapping[str, Any], **place: int) -> M:
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `$")
        fault = {"path": path.strip("`").lstrip("."), "message": text, "type": "message_field"}
        where = f"{fault['path']}: " if fault["path"] else ""
        body = error_body(ErrorCode.VALIDATION_ERROR, f"{where}{text}", details={"faults": [fault]})
        raise BadMessage(body, _readable_id(fields), **place) from None


def encode(kind: str, message_id: str | None = None, /, **fields: Any) -> str:
    """Encode a server message as text: type, the client's id if it gave one, timestamp, and the fields."""
    head: dict[str, Any] = {"type": kind}
    if message_id is not None:
        head["id"] = message_id
    return msgspec.json.encode({**head, "timestamp": time.time(), **fields}).decode()


def encode_error(error: ErrorBody, message_id: str | None = None, **fields: Any) -> str:
    return encode("error", message_id, success=False, error=error, **fields)


def encode_goodbye(code: CloseCode, after_ms: int = 0) -> str:
    return encode("goodbye", code=int(code), reason=code.reason, reconnect=code.reconnect, after_ms=after_ms)


def no_such_request() -> ErrorBody:
    """The same for what does not exist and for what is somebody else's."""
    return error_body(ErrorCode.NOT_FOUND, "There is no such request")


def wire_bytes(text: str) -> int:
    """Return the size of a message in UTF-8 bytes. Most are plain ASCII, which Python knows without a scan."""
    return len(text) if text.isascii() else len(text.encode())


def invalid_binary() -> BadMessage:
    return BadMessage(_invalid("Messages are JSON in text frames; this was a binary frame"))


def _object(text: str) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise BadMessage(_invalid(f"This is not JSON: {error}")) from None
    except RecursionError:
        raise BadMessage(_too_deep()) from None
    if not isinstance(fields, dict):
        raise BadMessage(_invalid("A message is a JSON object"))
    if not _is_batch(fields) and _is_deeper(fields, DEEPEST):
        raise BadMessage(_too_deep(), _readable_id(fields))
    return fields


def _is_batch(fields: Mapping[str, Any]) -> bool:
    """Return True for a batch, whose items are checked one by one when it is split."""
    return fields.get("type") == "requests"


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        return levels == 0 or any(_is_deeper(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_is_deeper(item, levels - 1) for item in value)
    return False


def _readable_id(fields: Any) -> str | None:
    if not isinstance(fields, Mapping):
        return None
    value = fields.get("id")
    if value is None and fields.get("type", "request") == "request":  # elsewhere it names a request
        value = fields.get("request_id")
    return value if isinstance(value, str) and 0 < len(value) <= 128 else None


def _invalid(text: str) -> ErrorBody:
    return error_body(ErrorCode.INVALID_MESSAGE, text)


def _too_large(limit: int) -> ErrorBody:
    text = f"A message may have {limit} bytes"
    return error_body(ErrorCode.PAYLOAD_TOO_LARGE, text, details={"limit_bytes": limit})


def _nul() -> ErrorBody:
    return _invalid("The character NUL (\\u0000) cannot be stored")


def _too_deep() -> ErrorBody:
    return _invalid(f"The message is nested more than {DEEPEST} levels deep")
