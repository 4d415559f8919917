"""Parse a day of a payload: a date, or the UTC day of a date-time."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

# ``fromisoformat`` alone would also take week dates and dates without hyphens.
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d")


def _as_day(value: Any) -> Any:
    """Parse a date, or take the UTC day of a date-time. A date-time without an offset is in UTC."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value) if _DATE.fullmatch(value) else _utc_day(value)
    except (ValueError, OverflowError):
        raise ValueError(f"'{value[:40]}' is not a date; write 2025-01-31, or 2025-01-31T09:30:00Z") from None


def _utc_day(text: str) -> date:
    if not _DATE_TIME.match(text):
        raise ValueError("neither a date nor a date-time")
    moment = datetime.fromisoformat(text.upper())  # RFC 3339 lets T and Z be lower case
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()


Day = Annotated[date, BeforeValidator(_as_day)]
