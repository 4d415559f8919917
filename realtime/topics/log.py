"""Topics as the delivery follows them: with a history, which is a log, or without one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from realtime.delivery.followed import Page, Skip
from realtime.delivery.gate import Frame
from realtime.topics import history
from realtime.topics.names import topic_group
from realtime.wire.protocol import encode


@dataclass(frozen=True, slots=True)
class TopicLog:
    """A topic whose messages are numbered and kept for a while."""

    key: str

    @property
    def group(self) -> str:
        return topic_group(self.key)

    def read(self, next_seq: int, limit: int) -> Page:
        kept = history.read_from(self.key, next_seq, limit)
        if kept and kept[0][0] == next_seq:
            return Page(self._frames(kept))
        last = history.last_seq(self.key)
        if last < next_seq:
            return Page()
        # Read again: the messages may have come between the two reads.
        kept = history.read_from(self.key, next_seq, limit)
        first = kept[0][0] if kept else last + 1
        if first == next_seq:
            return Page(self._frames(kept))
        text = encode("snapshot", topic=self.key, seq=first - 1, first_seq=first, reason="trimmed")
        return Page(self._frames(kept), Skip(text, first - 1))

    @staticmethod
    def last_seqs(keys: Collection[str]) -> Mapping[str, int]:
        return history.last_seqs(keys)

    def _frames(self, kept: list[history.Kept]) -> list[Frame]:
        return [Frame(seq, message_text(self.key, data, moment, seq), False) for seq, moment, data in kept]


@dataclass(frozen=True, slots=True)
class LiveTopic:
    """A topic without a history. Its messages have no numbers, so there is never anything to read."""

    key: str

    @property
    def group(self) -> str:
        return topic_group(self.key)

    def read(self, next_seq: int, limit: int) -> Page:
        return Page()

    @staticmethod
    def last_seqs(keys: Collection[str]) -> Mapping[str, int]:
        return {}


def message_text(name: str, data: str, moment: datetime, seq: int | None = None) -> str:
    """Write the message for all followers, around data that are JSON already. A name needs no quoting."""
    number = "" if seq is None else f'"seq":{seq},'
    return f'{{"type":"message","topic":"{name}",{number}"timestamp":{moment.timestamp()!r},"data":{data}}}'
