"""What a handler sees of bulk work: the operation, the outcomes of items, and the counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Item = Mapping[str, Any]
OnError = Literal["continue", "stop"]
Verb = Literal["create", "update", "delete"]


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ActionOperation(_Named):
    """Run an action, with each item as its payload."""

    type: Literal["action"]
    action: str = Field(min_length=1, max_length=64)


class EntityOperation(_Named):
    """Create, update or delete a row of a registered entity for each item."""

    type: Verb
    entity: str = Field(min_length=1, max_length=64)


Operation = Annotated[ActionOperation | EntityOperation, Field(discriminator="type")]


@dataclass(frozen=True, kw_only=True)
class ItemOutcome:
    """What became of one item."""

    index: int
    """Its place among all items, from 0."""
    result: Any = None
    error: Mapping[str, Any] | None = None
    """The ``error`` object, as of a request. None: it succeeded."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How far the whole is, whoever did it. Skipped is what has no outcome."""

    total: int
    processed: int
    failed: int
    seconds: float
    """Since the items were cut into slices."""

    @property
    def succeeded(self) -> int:
        return self.processed - self.failed


class Bulk(Protocol):
    """The items of one bulk request. All of it is durable, and the same for every attempt that works on it.

    Each method raises what ``Context.check`` does; ``AttemptLost`` too.
    """

    @property
    def is_cut(self) -> bool:
        """Whether the items are stored; so they are when an earlier attempt got that far."""

    def cut(self, items: Iterable[Item], *, batch_size: int) -> None:
        """Store the items, in slices of ``batch_size``: all of them or none."""

    def work(self, on_counts: Callable[[Counts], None]) -> None:
        """Work until every item has its outcome, or one has failed and that is to be the end.

        An item that has its outcome is not done again. Others are invited to share when there are many.
        ``on_counts`` hears of each slice that is done, and about once a second of what others do.
        """

    def share(self) -> int:
        """Work on the slices of the parent request for one shift; how many items that was."""

    def counts(self) -> Counts: ...

    def outcomes(self) -> Iterator[ItemOutcome]:
        """All there are, by index."""

    def rejected(self) -> Iterator[tuple[ItemOutcome, Item]]:
        """Those that failed, by index, each with its item."""
