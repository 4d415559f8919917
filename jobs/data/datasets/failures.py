"""The reasons why a dataset cannot be made, as exceptions whose texts a person may read.

DatasetError
├── Unreadable           the file is damaged, or no table; names the line and the column if known
├── InvalidName          the name is malformed, or belongs to another dataset or to a source
├── TooLarge             the file, unpacked or not, is above its limit
└── QuotaExceeded        the tenant's datasets would exceed its quota
"""

from collections.abc import Mapping
from typing import Any

from jobs.errors import ErrorBody, ErrorCode, Fault, error_body
from jobs.formatting import format_bytes


class DatasetError(Exception):
    """The dataset cannot be made. ``details`` goes to the client unchanged."""

    code = ErrorCode.VALIDATION_ERROR

    def __init__(self, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})

    def body(self) -> ErrorBody:
        return error_body(self.code, self.message, details=self.details)


class Unreadable(DatasetError):
    """The file cannot be read. ``line`` and ``column`` count from 1; a column is a field, not a character."""

    @classmethod
    def at(cls, text: str, *, line: int, column: int | None = None) -> "Unreadable":
        where = f"line {line}" if column is None else f"line {line}, column {column}"
        details = {"line": line} if column is None else {"line": line, "column": column}
        return cls(f"{where}: {text}", details)


class InvalidName(DatasetError):
    def __init__(self, message: str) -> None:
        super().__init__(message, {"faults": [Fault(path="name", message=message, type="invalid_name")]})


class TooLarge(DatasetError):
    code = ErrorCode.PAYLOAD_TOO_LARGE

    @classmethod
    def over(cls, limit_bytes: int, what: str = "The file") -> "TooLarge":
        return cls(f"{what} is larger than {format_bytes(limit_bytes)}", {"limit_bytes": limit_bytes})


class QuotaExceeded(DatasetError):
    code = ErrorCode.QUOTA_EXCEEDED
