"""The logs that can be followed: numbered messages, be they a request's or a topic's."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from realtime.delivery.gate import Frame

Key = UUID | str
"""The id of a request, or the name of a topic."""


@dataclass(frozen=True, slots=True)
class Skip:
    """A message that stands for all numbers up to ``seq``, because the log does not reach back far enough."""

    text: str
    seq: int
    final: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The next messages of a log. ``skip`` comes before them."""

    frames: Sequence[Frame] = ()
    skip: Skip | None = None


class FollowedLog(Protocol):
    """A log, as the delivery knows it. ``read`` and ``last_seqs`` ask the database, so they run on its threads."""

    @property
    def key(self) -> Key: ...

    @property
    def group(self) -> str:
        """The group of the channel layer through which hints come."""
        ...

    def read(self, next_seq: int, limit: int) -> Page:
        """Read at most ``limit`` messages from ``next_seq`` on, or from where the log begins."""
        ...

    @staticmethod
    def last_seqs(keys: Collection[Any]) -> Mapping[Any, int]:
        """Look up the last number of each of these logs, all in one query."""
        ...
