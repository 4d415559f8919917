"""Define the payload of ``bulk_operation``, and the permissions that its operation needs."""

from collections.abc import Collection
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from jobs.handler import (
    DataSource,
    EntityOperation,
    Handler,
    OnError,
    Operation,
    Payload,
    entity_names,
    find_handler,
    format_counted,
    name_source,
    permission_for,
    permissions_of_items,
)

MAX_ITEMS = 10_000


class BulkPayload(Payload):
    operation: Operation = Field(
        title="Operation",
        description="The operation to apply to each item.",
        examples=[{"type": "action", "action": "echo"}, {"type": "create", "entity": "customers"}],
    )
    items: list[dict[str, Any]] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_ITEMS,
        title="Items",
        description="The items: payloads of the action, or fields of rows. Give these or a data source.",
        examples=[[{"message": "one"}, {"message": "two"}]],
        json_schema_extra={
            "x-form": {
                "help": "Each is a payload of the action, or the fields of a row. Give these or a data source.",
                "rows_of": "operation.action",
            }
        },
    )
    data_source: DataSource | None = Field(
        default=None,
        title="Data source",
        description="Each row is an item, each column a field of it.",
        examples=[{"type": "dataset", "dataset_id": "sample"}],
    )
    batch_size: int = Field(
        default=100, ge=1, le=1_000, title="Items at a time", json_schema_extra={"x-form": {"group": "Details"}}
    )
    on_error: OnError = Field(
        default="continue",
        title="When an item fails",
        json_schema_extra={"x-form": {"choices": {"continue": "Go on with the others", "stop": "Stop"}}},
    )
    reject_format: Literal["csv", "jsonl"] = Field(
        default="csv",
        title="Format of the file of failed items",
        json_schema_extra={"x-form": {"group": "Details", "choices": {"csv": "CSV", "jsonl": "JSON Lines"}}},
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.items is None) == (self.data_source is None):
            raise ValueError("give either items or data_source")
        check_operation(self.operation)
        return self


def check_operation(operation: Operation) -> None:
    """Raise ``ValueError`` for an operation that cannot be done in bulk."""
    if isinstance(operation, EntityOperation):
        if operation.entity not in entity_names():
            known = ", ".join(entity_names()) or "none"
            raise ValueError(f"no entity is called '{operation.entity}'; there are: {known}")
        return
    handler = find_handler(operation.action)
    if handler is None or handler.internal:
        raise ValueError(f"there is no action '{operation.action}'")
    if handler.always_queued:
        raise ValueError(f"'{operation.action}' needs a request of its own, so it cannot be done in bulk")
    if handler.max_running is not None:
        raise ValueError(f"the number of '{operation.action}' running at once is limited, so it cannot be done in bulk")
    if type(handler).permissions_for is not Handler.permissions_for:
        # They depend on the item, and items may only be read when no token is at hand.
        raise ValueError(f"the permissions of '{operation.action}' depend on the item, so it cannot be done in bulk")


def permissions_of(operation: Operation) -> Collection[str]:
    """Return the permissions that the operation needs, beside that of bulk operations."""
    if isinstance(operation, EntityOperation):
        return (permission_for(operation.entity, operation.type),)
    handler = find_handler(operation.action)
    # No token is at hand any more when the items are looked at.
    return () if handler is None else permissions_of_items(handler)


def item_seconds(operation: Operation) -> float:
    """Return a rough estimate of the seconds per item."""
    handler = None if isinstance(operation, EntityOperation) else find_handler(operation.action)
    return 0.003 if handler is None else max(0.003, handler.estimated_seconds)


def operation_name(operation: Operation) -> str:
    """Name the operation for people: ``create customers``, ``generate report``."""
    if isinstance(operation, EntityOperation):
        return f"{operation.type} {operation.entity}"
    return operation.action.replace("_", " ")


def items_name(payload: BulkPayload) -> str:
    """Name the items for people: ``200 items``, or ``rows of orders``."""
    if payload.data_source is not None:
        return f"rows of {name_source(payload.data_source)}"
    count = len(payload.items or ())
    return format_counted(count, "item")


def operation_label(payload: Operation) -> str:
    """Return a label such as ``create customers``."""
    return f"{payload.type} {payload.entity if isinstance(payload, EntityOperation) else payload.action}"
