"""The format of server-sent events, as the HTML standard defines it."""

from dataclasses import dataclass

MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerEvent:
    event: str
    data: str


class EventStream:
    """Takes the bytes of a stream, and gives the events that they complete."""

    def __init__(self) -> None:
        self.retry_seconds: float | None = None
        """The pause before coming back that the server asked for last."""
        self._rest = b""
        self._event = ""
        self._data: list[str] = []

    def feed(self, data: bytes) -> list[ServerEvent]:
        """Return the events that end in these bytes. Raises ``ValueError`` if one is too large."""
        *lines, self._rest = _lines(self._rest + data)
        if len(self._rest) > MAX_BYTES:
            raise ValueError("The stream has an event that is too large")
        events = [self._line(line) for line in lines]
        return [event for event in events if event is not None]

    def _line(self, line: bytes) -> ServerEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                self._data.append(value)
            case "event":
                self._event = value
            case "retry" if value.isdecimal():
                self.retry_seconds = int(value) / 1000
        return None

    def _dispatch(self) -> ServerEvent | None:
        event, data = self._event or "message", "\n".join(self._data)
        has_data = bool(self._data)
        self._event, self._data = "", []
        return ServerEvent(event=event, data=data) if has_data else None


def _lines(data: bytes) -> list[bytes]:
    """Split at LF, CR LF and CR alone. The last item is what has no end yet."""
    if data.endswith(b"\r"):
        # A line feed may follow, which belongs to it.
        *lines, rest = _lines(data[:-1])
        return [*lines, rest + b"\r"]
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
