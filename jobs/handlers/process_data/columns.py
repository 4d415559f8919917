"""Describe the columns of a table: their kinds, and their names in SQL."""

from dataclasses import dataclass
from enum import Enum

from jobs.handler import quote_name


class Kind(Enum):
    NUMBER = "numbers"
    MOMENT = "dates"
    BOOLEAN = "true or false"
    TEXT = "text"
    OTHER = "other values"


_SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
INTEGERS = frozenset((*_SIGNED, *(f"U{name}" for name in _SIGNED)))
FLOATS = frozenset(("FLOAT", "DOUBLE"))
_MOMENTS = ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE")
_KINDS: dict[str, Kind] = {
    **dict.fromkeys((*INTEGERS, *FLOATS, "DECIMAL"), Kind.NUMBER),
    **dict.fromkeys(_MOMENTS, Kind.MOMENT),
    "BOOLEAN": Kind.BOOLEAN,
    "VARCHAR": Kind.TEXT,
    "ENUM": Kind.TEXT,
}
_NAMES_IN_TEXTS = 40


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    type: str
    """The type in DuckDB."""

    @property
    def kind(self) -> Kind:
        if self.type.endswith("]"):
            return Kind.OTHER
        return _KINDS.get(self.type.split("(")[0], Kind.OTHER)

    @property
    def sql(self) -> str:
        return quote_name(self.name)

    @property
    def text_sql(self) -> str:
        """Return SQL for the column as text, whatever its type."""
        return self.sql if self.type == "VARCHAR" else f"CAST({self.sql} AS VARCHAR)"


def list_names(names: list[str]) -> str:
    """List the names for an error message, the first forty of them."""
    more = f" and {len(names) - _NAMES_IN_TEXTS} more" if len(names) > _NAMES_IN_TEXTS else ""
    return ", ".join(names[:_NAMES_IN_TEXTS]) + more
