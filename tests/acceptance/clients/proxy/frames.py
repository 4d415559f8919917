"""The borders of WebSocket frames in a stream of bytes (RFC 6455, section 5.2)."""

import sys

_CONTROL = 0x08
_FINAL = 0x80
_MASKED = 0x80
_LENGTH = 0x7F
_LONG, _LONGER = 126, 127


class FrameCounter:
    """Counts the messages in what it is fed. Control frames do not count."""

    def __init__(self) -> None:
        self.count = 0
        self._head = bytearray()
        self._left = 0
        self._counts = False

    def feed(self, data: bytes, most: int = sys.maxsize) -> int:
        """Return how many of these bytes belong to the first ``most`` messages of the connection."""
        place = 0
        while place < len(data) and self.count < most:
            if self._left:
                step = min(self._left, len(data) - place)
                self._left -= step
                place += step
            else:
                self._head.append(data[place])
                place += 1
                self._read_head()
            if not self._left and not self._head and self._counts:
                self.count += 1
                self._counts = False
        return place

    def _read_head(self) -> None:
        """Take the head once all of it is there."""
        head = self._head
        if len(head) < 2 or len(head) < (size := _head_bytes(head[1])):
            return
        short = head[1] & _LENGTH
        self._left = short if short < _LONG else int.from_bytes(head[2 : size - _mask_bytes(head[1])])
        self._counts = bool(head[0] & _FINAL) and not head[0] & _CONTROL
        head.clear()


def _head_bytes(second: int) -> int:
    length = {_LONG: 2, _LONGER: 8}.get(second & _LENGTH, 0)
    return 2 + length + _mask_bytes(second)


def _mask_bytes(second: int) -> int:
    return 4 if second & _MASKED else 0
