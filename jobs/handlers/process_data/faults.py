"""A payload that only turns out to be wrong when the data is seen."""

from jobs.handler import InvalidPayload
from jobs.handlers.process_data.columns import list_names


class OperationFault(Exception):
    """An operation cannot be done on this table. ``path`` leads to the field, from the operation on."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path
        self.message = message


def unknown_column(name: str, columns: list[str]) -> str:
    return f"there is no column '{name}'; there are: {list_names(columns)}"


def invalid(path: str, message: str, kind: str) -> InvalidPayload:
    return InvalidPayload([{"path": path, "message": message, "type": kind}])
