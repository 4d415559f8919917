"""The wire protocol ``streamer.v1``: it checks the messages of clients and encodes the answers.

Pure: text in, typed message out. Numbered messages come from the log (``jobs.log.events``) and only pass through here.
"""

import time
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.jsonable import MAX_METADATA_BYTES, has_nul
from realtime.wire.close_codes import CloseCode
from realtime.wire.messages import CLIENT_MESSAGES, BatchedRequest, ClientMessage, Request
from realtime.wire.structure import count_containers, is_deeper

PROTOCOL: Final = "streamer.v1"
DEEPEST: Final = 64
"""The deepest nesting of arrays and objects in a message, or in an item of a batch."""
_ITEM_LEVEL: Final = 2
"""An item of a batch is inside the batch and its list."""
_TYPE: Final = '{"type":"'
_TIMESTAMP: Final = '"timestamp":'
_HEAD_CHARACTERS: Final = 400
_NUL: Final = "\\u0000"


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


def parse(text: str, *, longest_bytes: int, most_containers: int, default_type: str = "request") -> ClientMessage:
    """Read one frame. Raises ``BadMessage`` for any mistake in it. Size and width are checked before it is decoded.

    ``default_type`` is the type of a message that names none.
    """
    require_bounds(text, longest_bytes=longest_bytes, most_containers=most_containers)
    fields = _object(text)
    message_id = _readable_id(fields)
    kind = fields.get("type", default_type)
    if not isinstance(kind, str) or kind not in CLIENT_MESSAGES:
        known = ", ".join(CLIENT_MESSAGES)
        raise BadMessage(_invalid(f"'type' must be one of: {known}"), message_id)
    is_batch = kind == "requests"
    may_be_deep = is_deeper(text, DEEPEST + _ITEM_LEVEL if is_batch else DEEPEST)
    if may_be_deep and not is_batch:
        raise BadMessage(_too_deep(), message_id)
    may_have_nul = _NUL in text
    if may_have_nul and not is_batch and has_nul(fields):
        raise BadMessage(_nul(), message_id)
    own = {"type": kind, "needs_inspection": may_be_deep or may_have_nul} if is_batch else {"type": kind}
    return read_as(CLIENT_MESSAGES[kind], {**fields, **own})


def require_bounds(text: str, *, longest_bytes: int, most_containers: int) -> None:
    """Raise ``BadMessage`` for a text that is too long, or too wide, to be decoded."""
    # A character takes at most four bytes, so most frames need not be encoded to be measured.
    if len(text) * 4 > longest_bytes and len(text.encode("utf-8", "replace")) > longest_bytes:
        raise BadMessage(_too_large(longest_bytes))
    if count_containers(text, most=most_containers) > most_containers:
        raise BadMessage(_too_wide(most_containers))


def read_item(fields: Any, index: int, *, inspect: bool = True) -> BatchedRequest:
    """Read one item of a batch as ``parse`` reads a request that comes alone. Raises ``BadMessage``.

    ``inspect=False``: the batch is known to have no item that is nested too deep or contains NUL.
    """
    if not isinstance(fields, dict) or fields.get("type", "request") != "request":
        raise BadMessage(_invalid("Each item of a batch must be a request"), _readable_id(fields), index=index)
    if inspect and _nests_deeper(fields, DEEPEST):
        raise BadMessage(_too_deep(), _readable_id(fields), index=index)
    if inspect and has_nul(fields):
        raise BadMessage(_nul(), _readable_id(fields), index=index)
    return read_as(BatchedRequest, {**fields, "type": "request", "index": index}, index=index)


M = TypeVar("M", bound=ClientMessage)


def read_as(kind: type[M], fields: Mapping[str, Any], **place: int) -> M:
    """Read fields that are decoded already. Raises ``BadMessage``."""
    try:
        message = msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise BadMessage(field_fault(error), _readable_id(fields), **place) from None
    if isinstance(message, Request) and _is_larger(message.metadata, MAX_METADATA_BYTES):
        text = f"Expected at most {MAX_METADATA_BYTES} bytes of JSON"
        raise BadMessage(bad_field("metadata", text), message.client_id, **place)
    return message


def _is_larger(value: Mapping[str, Any], most_bytes: int) -> bool:
    # Most requests have none.
    return bool(value) and len(msgspec.json.encode(value)) > most_bytes


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


def with_field(text: str, name: str, value: Any) -> str:
    """Add a field at the end of an encoded message, which is not read for that."""
    return f'{text[:-1]},"{name}":{msgspec.json.encode(value).decode()}}}'


def type_of(text: str) -> str:
    """Return the type of an encoded message of the server, which has it first."""
    return text[len(_TYPE) : text.index('"', len(_TYPE))] if text.startswith(_TYPE) else "other"


def written_at_of(text: str) -> float | None:
    """Return the ``timestamp`` of an encoded message, in Unix seconds, if it is near the beginning."""
    begin = text.find(_TIMESTAMP, 0, _HEAD_CHARACTERS)
    if begin < 0:
        return None
    begin += len(_TIMESTAMP)
    try:
        return float(text[begin : begin + 24].partition(",")[0].rstrip("}"))
    except ValueError:
        return None


def wire_bytes(text: str) -> int:
    """Return the size of a message in UTF-8 bytes. Most are plain ASCII, which Python knows without a scan."""
    return len(text) if text.isascii() else len(text.encode())


def invalid_binary() -> BadMessage:
    return BadMessage(_invalid("Messages must be JSON in text frames; this was a binary frame"))


def _object(text: str) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError) as error:
        raise BadMessage(_invalid(f"This is not JSON: {error}")) from None
    except RecursionError:
        raise BadMessage(_too_deep()) from None
    if not isinstance(fields, dict):
        raise BadMessage(_invalid("A message must be a JSON object"))
    return fields


def _nests_deeper(value: Any, levels: int) -> bool:
    layer: list[Any] = [value]
    for _ in range(levels):
        inside = (outer.values() if isinstance(outer, dict) else outer for outer in layer)
        layer = [item for items in inside for item in items if isinstance(item, dict | list)]
    return bool(layer)


def _readable_id(fields: Any) -> str | None:
    if not isinstance(fields, Mapping):
        return None
    value = fields.get("id")
    if value is None and fields.get("type", "request") == "request":  # elsewhere it names a request
        value = fields.get("request_id")
    return value if isinstance(value, str) and 0 < len(value) <= 128 else None


def field_fault(error: msgspec.ValidationError) -> ErrorBody:
    """Return the error of the field that did not fit."""
    text, _, path = str(error).partition(" - at `$")
    return bad_field(path.strip("`").lstrip("."), text)


def bad_field(path: str, text: str) -> ErrorBody:
    """Return the error of one field. An empty path names the message itself."""
    fault = {"path": path, "message": text, "type": "message_field"}
    where = f"{path}: " if path else ""
    return error_body(ErrorCode.VALIDATION_ERROR, f"{where}{text}", details={"faults": [fault]})


def _invalid(text: str) -> ErrorBody:
    return error_body(ErrorCode.INVALID_MESSAGE, text)


def _too_large(limit: int) -> ErrorBody:
    text = f"A message may have at most {limit} bytes"
    return error_body(ErrorCode.PAYLOAD_TOO_LARGE, text, details={"limit_bytes": limit})


def _too_wide(limit: int) -> ErrorBody:
    text = f"A message may have at most {limit} arrays and objects"
    return error_body(ErrorCode.PAYLOAD_TOO_LARGE, text, details={"limit_containers": limit})


def _nul() -> ErrorBody:
    return _invalid("The character NUL (\\u0000) cannot be stored")


def _too_deep() -> ErrorBody:
    return _invalid(f"The message is nested more than {DEEPEST} levels deep")
