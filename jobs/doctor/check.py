"""What a check of the doctor is, and what it can come to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

MAX_EXAMPLES = 5


class NotExamined(Exception):
    """The check could not be made; the text says why. Nothing is known to be wrong."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What breaks an invariant: how many, and a few of them by id or name."""

    count: int
    examples: tuple[str, ...] = ()


NOTHING = Found(count=0)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One invariant."""

    name: str
    sentence: str
    """What holds of a healthy system."""
    look: Callable[[], Found]
    remedy: Callable[[], str] | None = None
    """Mends what needs no guess, and says what it did. None: a person has to decide."""
    is_finding: bool = True
    """False: counted and shown, but no sign of illness."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What one check came to."""

    check: Check
    found: Found
    done: str = ""
    """What a remedy did; then ``found`` is what was left after it."""
    not_examined: str = ""
    """Why the check could not be made."""

    @property
    def is_ill(self) -> bool:
        return self.check.is_finding and self.found.count > 0

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.check.name,
            "sentence": self.check.sentence,
            "finding": self.is_ill,
            "count": self.found.count,
            "examples": list(self.found.examples),
            "done": self.done or None,
            "not_examined": self.not_examined or None,
        }


def of_rows(rows: QuerySet[Any, Any], name: str = "pk") -> Found:
    """Rows that should not be there; the examples are their column ``name``. One query, unless there are many."""
    first = list(rows.order_by().values_list(name, flat=True)[: MAX_EXAMPLES + 1])
    count = len(first) if len(first) <= MAX_EXAMPLES else rows.count()
    return Found(count=count, examples=tuple(str(value) for value in first[:MAX_EXAMPLES]))


def of_items(items: Iterable[object]) -> Found:
    listed = [str(item) for item in items]
    return Found(count=len(listed), examples=tuple(listed[:MAX_EXAMPLES]))
