"""The delivery gate: turns hints that may be lost, doubled or reordered into a complete stream in order.

One gate stands between one log and one follower. It knows the next number. A message with a lower number was sent
before, and one with this number is sent now. A higher number shows a gap, so the message is held while the log is read.
For a follower without room nothing is sent or held: the log has it all. Pure: no I/O.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# The most hints held while the log is read. More are dropped, and read from the log like lost ones.
_HOLD = 256


@dataclass(frozen=True, slots=True)
class Frame:
    """One numbered message, encoded once for all its followers."""

    seq: int
    text: str
    final: bool


class Gate:
    """A gate. ``after_seq`` is the last number that the follower has. A new gate wants the log to be read.

    ``admit`` is asked before each message passes; after a refusal the gate wants the log to be read once there is room.
    """

    def __init__(self, after_seq: int, admit: Callable[[Frame], bool] = lambda frame: True) -> None:
        self.next_seq = after_seq + 1
        self.wants_log = True
        """True: a message may be missing. Read the log from ``next_seq`` on and pass it to ``take_log``."""
        self.ended = False
        """True: the final message has passed, and nothing will follow."""
        self._admit = admit
        self._held: dict[int, Frame] = {}
        self._forgot = False
        self._refused = False

    def take_hint(self, frame: Frame) -> list[Frame]:
        """Take a message from the channel layer. Return the messages to send now."""
        if self.ended or frame.seq < self.next_seq:
            return []
        if frame.seq == self.next_seq and not self.wants_log and self._pass(frame):
            return [frame]
        self._hold(frame)
        self.wants_log = True
        return []

    def take_log(self, frames: Iterable[Frame]) -> list[Frame]:
        """Take the log from ``next_seq`` on. Return the messages to send now, with the held ones that follow."""
        self._refused = False
        passed = [frame for frame in frames if frame.seq == self.next_seq and not self.ended and self._pass(frame)]
        while (held := self._held.pop(self.next_seq, None)) is not None and self._pass(held):
            passed.append(held)
        self._held = {seq: frame for seq, frame in self._held.items() if seq > self.next_seq}
        # Messages still held came after the log was read, so a second read will find the missing ones.
        self.wants_log = not self.ended and (bool(self._held) or self._forgot or self._refused)
        self._forgot = False
        return passed

    def take_last_seq(self, last_seq: int) -> None:
        """Take the log's last number from another source, to detect lost hints."""
        if last_seq >= self.next_seq and not self.ended:
            self.wants_log = True

    def jump(self, seq: int) -> None:
        """Skip to ``seq``: a message stands for all before it, because the log does not reach back far enough."""
        self.next_seq = max(self.next_seq, seq + 1)

    def end(self) -> None:
        self.ended = True
        self.wants_log = False
        self._held.clear()

    def _pass(self, frame: Frame) -> bool:
        """Pass a message. Return False when the follower has no room for it."""
        if not self._admit(frame):
            self._refused = True
            self._held.clear()
            return False
        self.next_seq = frame.seq + 1
        if frame.final:
            self.end()
        return True

    def _hold(self, frame: Frame) -> None:
        if len(self._held) < _HOLD and not self._refused:
            self._held[frame.seq] = frame
        else:
            self._forgot = True
