"""The declarations that a project makes of its topics: who may follow and publish, and what is kept.

A declaration is data. ``jobs`` collects those of handler files and does nothing with them; whatever speaks to clients
reads them.
"""

import inspect
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from types import UnionType
from typing import Final, Protocol

MAX_SEGMENTS: Final = 16
MAX_HISTORY_MESSAGES: Final = 10_000
MAX_HISTORY_SECONDS: Final = 30 * 24 * 3600.0
PLACEHOLDERS: Final = ("{tenant_id}", "{user_id}")
"""The segments of a pattern that stand for a claim of whoever asks."""
ANY: Final = "*"
"""The segment that stands for any one; at the end, for one or more."""
RESERVED: Final = "requests"
"""The topic of each user's own requests."""
SEGMENT: Final = re.compile(r"(?:[A-Za-z0-9_-]|~[0-9A-F]{2})+")


class Caller(Protocol):
    """Whoever asks to follow or to publish: the claims of a verified token."""

    @property
    def user_id(self) -> str: ...

    @property
    def tenant_id(self) -> str: ...

    @property
    def permissions(self) -> Collection[str]: ...

    def may(self, permission: str | None) -> bool:
        """Return True if the token has the permission, or all of them."""
        ...


Check = Callable[[Caller, str], bool]
"""A function of the caller and the topic's name. It may ask the database, and is not called on an event loop."""


@dataclass(frozen=True, kw_only=True)
class TopicAccess:
    """Access for those whose claims fit the pattern, and who meet all conditions."""

    permission: str | None = None
    check: Check | None = None

    def __post_init__(self) -> None:
        if self.permission is not None and not (isinstance(self.permission, str) and self.permission):
            raise ValueError("a permission is a text that is not empty")
        if self.check is not None and (not callable(self.check) or inspect.iscoroutinefunction(self.check)):
            raise ValueError("a check is a plain function of the caller and the topic, not an async one")


@dataclass(frozen=True, kw_only=True)
class TopicHistory:
    """The messages that are kept: the last ``messages`` of them, none older than ``seconds``."""

    messages: int = MAX_HISTORY_MESSAGES
    seconds: float | None = None
    """None: however old."""

    def __post_init__(self) -> None:
        if not _is_number(self.messages, int):
            raise ValueError("the messages of a history are a whole number")
        if not 1 <= self.messages <= MAX_HISTORY_MESSAGES:
            raise ValueError(f"a history has 1 to {MAX_HISTORY_MESSAGES:,} messages")
        if self.seconds is not None and (
            not _is_number(self.seconds, int | float) or not 0 < self.seconds <= MAX_HISTORY_SECONDS
        ):
            raise ValueError(f"a history goes back more than 0 and at most {MAX_HISTORY_SECONDS:,.0f} seconds")


@dataclass(frozen=True, eq=False)
class TopicPattern:
    """The topics that fit ``pattern``, such as ``tenant.{tenant_id}.prices.*``.

    Raises ``ValueError`` for a pattern that makes no sense. Code of the project may publish to all of them.
    """

    pattern: str
    subscribe: TopicAccess | None = None
    """None: no client may follow."""
    publish: TopicAccess | None = None
    """None: no client may publish."""
    history: TopicHistory | None = None
    """None: a message reaches those who follow at that moment, if nothing is lost on the way."""
    presence: bool = False
    """True: followers are told who follows."""

    def __post_init__(self) -> None:
        if not isinstance(self.pattern, str):
            raise ValueError("a pattern is a text")
        for name, kind in {"subscribe": TopicAccess, "publish": TopicAccess, "history": TopicHistory}.items():
            if not isinstance(getattr(self, name), kind | None):
                raise ValueError(f"{name} is a {kind.__name__}, or None")
        if not isinstance(self.presence, bool):
            raise ValueError("presence is True or False")
        segments = self.segments
        if len(segments) > MAX_SEGMENTS:
            raise ValueError(f"a pattern has at most {MAX_SEGMENTS} segments")
        for segment in segments:
            if segment not in (ANY, *PLACEHOLDERS) and not SEGMENT.fullmatch(segment):
                raise ValueError(f"'{segment}' is not a segment; {_SEGMENTS_ARE}")
        if not SEGMENT.fullmatch(segments[0]):
            raise ValueError("the first segment is a word of its own, or topics of different kinds could be confused")
        if segments[0] == RESERVED:
            raise ValueError(f"topics that begin with '{RESERVED}' are Streamer's own")
        if self.presence and "{tenant_id}" not in segments:
            raise ValueError("presence needs {tenant_id} in the pattern: users are not told of those of other tenants")

    @property
    def segments(self) -> tuple[str, ...]:
        return tuple(self.pattern.split("."))


_SEGMENTS_ARE = (
    "segments are letters, digits, '_', '-' and '~' with two hexadecimal digits, or "
    f"{', '.join(PLACEHOLDERS)}, or {ANY}"
)


def _is_number(value: object, kind: type | UnionType) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
