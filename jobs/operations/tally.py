"""The outcomes of an act on several requests, counted and in words."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from jobs.formatting import format_count
from jobs.models import AsyncRequest, Status

_ONE_AND_MANY: Final = {
    "cancelled": ("cancelled", "cancelled"),
    "asked": ("asked to stop", "asked to stop"),
    "submitted": ("run again", "run again"),
    "hastened": ("tried again now", "tried again now"),
    "moved": ("given the priority", "given the priority"),
    "deleted": ("deleted", "deleted"),
    "files": ("file deleted", "files deleted"),
    f"already {Status.COMPLETED}": ("was already completed", "were already completed"),
    f"already {Status.FAILED}": ("had already failed", "had already failed"),
    f"already {Status.CANCELLED}": ("was already cancelled", "were already cancelled"),
    "started": ("runs already", "run already"),
    "live": ("is not finished and cannot be run again", "are not finished and cannot be run again"),
    "unfinished": ("is not finished and stays", "are not finished and stay"),
    "gone": ("does not exist any more", "do not exist any more"),
}
_DONE: Final = frozenset(("cancelled", "asked", "submitted", "hastened", "moved", "deleted"))
_BESIDE: Final = "files"
"""Counted beside the requests."""


def count_words(counts: Mapping[str, int]) -> str:
    """Return a text such as ``3 cancelled, 1 was already completed``; for one request without the number."""
    counted = [(key, counts[key]) for key in _ONE_AND_MANY if counts.get(key)]
    if len(counted) == 1 and counted[0][1] == 1 and counted[0][0] != _BESIDE:
        return _ONE_AND_MANY[counted[0][0]][0]
    return ", ".join(f"{format_count(count)} {_ONE_AND_MANY[key][count > 1]}" for key, count in counted)


def requests_in(counts: Mapping[str, int]) -> int:
    """Return the number of requests that were reached."""
    return sum(count for key, count in counts.items() if key != _BESIDE)


def is_complete(counts: Mapping[str, int]) -> bool:
    """Return True if all that were reached are as they were to be."""
    return set(counts) <= _DONE | {_BESIDE}


@dataclass(kw_only=True)
class Tally:
    """The outcomes of one act on several requests."""

    counts: Counter[str] = field(default_factory=Counter)
    changed: list[AsyncRequest] = field(default_factory=list)
    """The requests that were changed or run again, as they are afterwards."""
    repeats: dict[UUID, UUID] = field(default_factory=dict)
    """The request that was run again → the new one."""

    @property
    def made(self) -> list[UUID]:
        """Return the new requests."""
        return list(self.repeats.values())

    @property
    def is_complete(self) -> bool:
        """Return True if all requests are as they were to be."""
        return is_complete(self.counts)

    def __str__(self) -> str:
        return count_words(self.counts)
