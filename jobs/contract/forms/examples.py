"""Define the examples that a handler offers to people."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Example:
    """A payload that people can try. The console offers it on its first screen and above the form."""

    title: str
    """A few words on the outcome: "A report on a year"."""
    payload: Mapping[str, Any]
    description: str = ""
    order: int = 0
    """The first screen sorts by it the examples of all handlers."""
    source: str | None = None
    """The registered source that it reads. The example is offered only where there is one of that name."""
