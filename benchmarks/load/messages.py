"""The messages of each system, read into calls of the board. Pure: no socket, no clock."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Notes(Protocol):
    """The part of the board that messages are noted on."""

    def acknowledged(self, key: str) -> None: ...
    def progressed(self, key: str, sent_at: float) -> None: ...
    def ended(self, key: str) -> None: ...
    def failed(self, fault: str, key: str | None = None) -> None: ...


def note_streamer(message: Mapping[str, Any], notes: Notes) -> None:
    """Note a message of `streamer.v1`."""
    kind = message["type"]
    if kind == "progress":
        # The built-in ``delay`` does not tell its time.
        notes.progressed(message["id"], message["metadata"].get("sent_at", float("nan")))
    elif kind == "acknowledgment":
        notes.acknowledged(message["id"])
    elif kind == "complete":
        notes.ended(message["id"])
    elif kind in ("error", "cancelled", "retrying", "goodbye"):
        notes.failed(f"{kind}: {message.get('error') or message.get('reason')}", message.get("id"))


def note_plain(message: Mapping[str, Any], notes: Notes) -> None:
    """Note a message of the plain JSON that the FastAPI servers speak."""
    if message["type"] == "progress":
        notes.progressed(message["id"], message["sent_at"])
    elif message["type"] == "ack":
        notes.acknowledged(message["id"])
    elif message["type"] == "end":
        notes.ended(message["id"])


def note_socketio(text: bytes, notes: Notes, decode: Callable[[bytes], Any]) -> bytes | None:
    """Note a packet of Engine.IO 4. Return the packet to answer with, if one is due."""
    if text.startswith(b"42"):
        name, message = decode(text[2:])
        if name == "progress":
            notes.progressed(message["id"], message["sent_at"])
        elif name == "end":
            notes.ended(message["id"])
    elif text.startswith(b"43"):
        (answer,) = decode(text[text.index(b"[") :])
        notes.acknowledged(answer["id"])
    elif text == b"2":
        return b"3"
    elif text.startswith(b"44") or text in (b"1", b"41"):
        notes.failed(f"the server ended a socket: {text[:200]!r}")
    elif text.startswith(b"0"):
        return b"40"
    return None


def note_gradio(message: Mapping[str, Any], keys: Mapping[str, str], notes: Notes) -> None:
    """Note an event of Gradio's stream. ``keys`` has the key of the request to each of Gradio's ids."""
    key = keys.get(message.get("event_id") or "")
    if key is None:
        return
    if message["msg"] == "process_generating":
        sent_at = gradio_time(message["output"])
        if sent_at is not None:
            notes.progressed(key, sent_at)
    elif message["msg"] == "process_completed":
        if message["success"]:
            notes.ended(key)
        else:
            notes.failed(f"gradio: {message['output']}", key)


def gradio_time(output: Mapping[str, Any]) -> float | None:
    """Return the time in an update: a whole text at first, later the last of a list of changes to it."""
    data = output.get("data") or [None]
    text = data[0][-1][-1] if data[0] and isinstance(data[0], list) else data[0]
    return float(text.split()[1]) if isinstance(text, str) and " " in text else None
