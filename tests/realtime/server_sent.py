"""Reads server-sent events as a browser does (the HTML standard, section 9.2)."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass
class Event:
    """One block of a stream. ``message`` is its data, as JSON."""

    id: str | None = None
    kind: str | None = None
    message: Any = None
    retry: int | None = None
    comment: str | None = None
    data: bytes = b""


class Reader:
    """Takes the bytes of a stream in pieces of any size."""

    def __init__(self) -> None:
        self._rest = b""
        self.events: list[Event] = []
        """All blocks that are complete."""

    def feed(self, data: bytes) -> list[Event]:
        *blocks, self._rest = (self._rest + data).split(b"\n\n")
        read = [_read(block) for block in blocks]
        self.events += read
        return read

    @property
    def messages(self) -> list[dict[str, Any]]:
        """List what ``onmessage`` sees, in order."""
        return [event.message for event in self.events if event.message is not None and event.kind is None]

    @property
    def last_id(self) -> str | None:
        """Return what a browser that comes back sends as ``Last-Event-ID``."""
        return next((event.id for event in reversed(self.events) if event.id is not None), None)


def _read(block: bytes) -> Event:
    event = Event()
    for line in block.split(b"\n"):
        name, _, value = line.partition(b": ")
        text = value.decode()
        match name:
            case b"id":
                event.id = text
            case b"event":
                event.kind = text
            case b"data":
                assert not event.data, "one line of data"
                event.data, event.message = value, json.loads(value)
            case b"retry":
                event.retry = int(text)
            case b"":
                event.comment = text
            case _:
                raise AssertionError(f"no field of an event: {line!r}")
    return event
