"""The checks of the doctor and their results."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

MAX_EXAMPLES = 5


class NotExamined(Exception):
    """The check could not be made; the text says why. Nothing is known to be wrong."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """The rows that break an invariant: their number, and a few of them by id or name."""

    count: int
    examples: tuple[str, ...] = ()


NOTHING = Found(count=0)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One invariant."""

    name: str
    sentence: str
    """The statement that is true of a healthy system."""
    look: Callable[[], Found]
    remedy: Callable[[], str] | None = None
    """Repairs the rows without guessing, and returns a text of what it did. None: a person has to decide."""
    is_finding: bool = True
    """False: the rows are counted and shown, but are no fault."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The result of one check."""

    check: Check
    found: Found
    done: str = ""
    """The action of a remedy. If there was one, ``found`` is what was left after it."""
    not_examined: str = ""
    """The reason why the check could not be made."""

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
    """Report rows that should not exist, with ``name`` as the examples' column. One query, unless there are many."""
    first = list(rows.order_by().values_list(name, flat=True)[: MAX_EXAMPLES + 1])
    count = len(first) if len(first) <= MAX_EXAMPLES else rows.count()
    return Found(count=count, examples=tuple(str(value) for value in first[:MAX_EXAMPLES]))


def of_items(items: Iterable[object]) -> Found:
    listed = [str(item) for item in items]
    return Found(count=len(listed), examples=tuple(listed[:MAX_EXAMPLES]))
