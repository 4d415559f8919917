"""Report faults of a payload that only show when the data is read."""

from jobs.handler import InvalidPayload
from jobs.handlers.process_data.columns import list_names


class OperationFault(Exception):
    """Raised when an operation cannot be applied to this table. ``path``: the field, relative to the operation."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


class ArithmeticFault(Exception):
    """Raised when the outcome of a calculation is larger than its type holds. The text names operation and columns."""


def unknown_column(name: str, columns: list[str]) -> str:
    return f"there is no column '{name}'; there are: {list_names(columns)}"


def invalid(path: str, message: str, kind: str) -> InvalidPayload:
    return InvalidPayload([{"path": path, "message": message, "type": kind}])
