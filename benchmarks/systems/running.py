"""A running system, and the contract of all that the bench can start."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Running:
    """A system that is ready for load."""

    driver: str
    """The name of the protocol's driver in the load generator."""
    url: str
    pids: Sequence[int] = ()
    """Its first processes. Empty when it runs elsewhere, so that nobody can tell what it costs."""
    same_clock: bool = True
    """False when it runs on another machine, so that nobody can tell how long an update took to come."""
    env: Mapping[str, str] = field(default_factory=dict)
    """The environment of its processes. Empty when it runs elsewhere."""
    spec: dict[str, Any] = field(default_factory=dict)
    """Fields for the load generator, such as tokens."""


class System(Protocol):
    """A system that the bench starts anew for each round."""

    @property
    def name(self) -> str: ...
    @property
    def is_ours(self) -> bool: ...
    def install(self) -> None:
        """Install what it needs, unless it is there."""

    def start(self) -> AbstractContextManager[Running]: ...
