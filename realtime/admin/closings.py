"""The reasons why connections ended, in words: Streamer's close codes and those of RFC 6455, section 7.4.1."""

from realtime.models import Connection
from realtime.wire.close_codes import CloseCode

_OF_THE_PROTOCOL = {
    1000: "closed normally",
    1001: "the client went away",
    1002: "protocol error",
    1003: "data that the server does not accept",
    1005: "closed without a code",
    1006: "lost without a close",
    1007: "text that is not UTF-8",
    1009: "message too large",
    1011: "the server met an error",
    1012: "the server restarts",
}
_OF_OURS = {
    CloseCode.DRAIN: "the server was stopping",
    CloseCode.TOO_SLOW: "the client read too slowly",
    CloseCode.NO_PONG: "no answer to a ping",
    CloseCode.SERVER_ERROR: "the server met an error",
    CloseCode.TOKEN_EXPIRED: "the token expired",
    CloseCode.CONNECTION_LIMIT: "too many connections of one user",
    CloseCode.CONNECT_RATE: "too many connects in a short time",
    CloseCode.BAD_TOKEN: "no valid token",
    CloseCode.REVOKED: "access was revoked",
    CloseCode.UNSUPPORTED_VERSION: "the client speaks another version",
    CloseCode.PROTOCOL_ABUSE: "the client abused the protocol",
}
CLOSINGS: dict[int, str] = {**_OF_THE_PROTOCOL, **{int(code): text for code, text in _OF_OURS.items()}}

_WITHOUT_CODE = {"client": "the client was lost"}


def advice(code: int) -> str:
    """Return the advice of a close code to clients. Empty for codes that are not Streamer's."""
    if code not in list(CloseCode):
        return ""
    return "the client may reconnect" if CloseCode(code).reconnect else "the client should not reconnect"


def closing(row: Connection) -> str:
    """Describe the end: ``4002: the client read too slowly``. Empty for an open connection."""
    if row.closed_at is None:
        return ""
    reason = _WITHOUT_CODE.get(row.close_reason) or row.close_reason.replace("_", " ") or "no reason given"
    words = CLOSINGS.get(row.close_code or 0) or reason
    return f"{row.close_code}: {words}" if row.close_code else words
