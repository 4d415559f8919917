"""The face of bulk work for handlers: the operation, the outcomes of items, and the counts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

Item = Mapping[str, Any]
OnError = Literal["continue", "stop"]
Verb = Literal["create", "update", "delete"]


class _Named(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ActionOperation(_Named):
    """Run an action, with each item as its payload."""

    type: Literal["action"]
    action: str = Field(min_length=1, max_length=64, title="Action", json_schema_extra={"x-form": {"widget": "action"}})


class EntityOperation(_Named):
    """Create, update or delete a row of a registered entity for each item."""

    type: Verb
    entity: str = Field(min_length=1, max_length=64, title="Entity")


_KINDS: dict[str, JsonValue] = {
    "action": "Run an action",
    "create": "Create rows",
    "update": "Update rows",
    "delete": "Delete rows",
}
Operation = Annotated[
    ActionOperation | EntityOperation,
    Field(discriminator="type", json_schema_extra={"x-form": {"choices": _KINDS}}),
]


@dataclass(frozen=True, kw_only=True)
class ItemOutcome:
    """The outcome of one item."""

    index: int
    """Its place among all items, from 0."""
    result: Any = None
    error: Mapping[str, Any] | None = None
    """The ``error`` object, as in messages about requests. None: the item succeeded."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The progress of the whole bulk, by all attempts. Items without an outcome count as skipped."""

    total: int
    processed: int
    failed: int
    seconds: float
    """Seconds since the items were cut into slices."""

    @property
    def succeeded(self) -> int:
        return self.processed - self.failed


class Bulk(Protocol):
    """The items of one bulk request. All of it is durable, and the same for every attempt that works on it.

    Each method raises what ``Context.check`` does; ``AttemptLost`` too.
    """

    @property
    def is_cut(self) -> bool:
        """Return True if the items are stored, by this attempt or an earlier one."""

    def carry_over(self) -> bool:
        """Take over the items and outcomes of the request that this one does again, if it ended before all were done.

        An item that was cut short is left to be done again; so is, under the policy "stop", the one that failed.
        Return False, and store nothing, when there is no such request.
        """

    def cut(self, items: Iterable[Item], *, batch_size: int) -> None:
        """Store the items, in slices of ``batch_size``: all of them or none."""

    def work(self, on_counts: Callable[[Counts], None]) -> None:
        """Work until every item has its outcome, or until one fails under the policy "stop".

        An item that has its outcome is not done again. Free workers are invited when there are many items.
        ``on_counts`` is called after each slice, and about once a second while others work.
        """

    def share(self) -> int:
        """Work on the slices of the parent request for some seconds. Return the number of items."""

    def close(self) -> None:
        """End the work of all who share it, and wait a while until they have. No outcome is added afterwards."""

    def counts(self) -> Counts: ...

    def outcomes(self) -> Iterator[ItemOutcome]:
        """Yield all outcomes, by index."""

    def rejected(self) -> Iterator[tuple[ItemOutcome, Item]]:
        """Yield the failed outcomes, by index, each with its item."""
