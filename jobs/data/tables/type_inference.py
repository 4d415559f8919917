"""What kind of value something is, and the DuckDB type of a column that holds several kinds."""

import json
import re
from collections.abc import Set
from datetime import datetime
from typing import Any, Literal

Kind = Literal["bool", "int", "float", "date", "timestamp", "text"]

_LARGEST = 2**63
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
# Not 007: what begins with zeros is an identifier.
_INT = re.compile(r"-?(0|[1-9]\d{0,18})", re.ASCII)
_FLOAT = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


def kind_of(value: Any) -> Kind:
    """The kind of a JSON value that is not null. Texts are text unless they are ISO dates or moments."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int" if -_LARGEST <= value < _LARGEST else "text"
    if isinstance(value, float):
        return "float"
    return _kind_of_moment(value) if isinstance(value, str) else "text"


def kind_of_text(text: str) -> Kind:
    """The kind of a value that comes from where there are only texts: numbers, true and false are recognised too."""
    if text in ("true", "false"):
        return "bool"
    if _INT.fullmatch(text):
        return kind_of(int(text))
    return "float" if _FLOAT.fullmatch(text) else _kind_of_moment(text)


def text_of(value: Any) -> str | None:
    """A JSON value as the text it is stored by until the type of its column is known."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def type_of(kinds: Set[Kind]) -> str:
    """The narrowest DuckDB type for all ``kinds``; where they have nothing in common, and without any, VARCHAR."""
    if kinds == {"bool"}:
        return "BOOLEAN"
    if kinds == {"int"}:
        return "BIGINT"
    if kinds and kinds <= {"int", "float"}:
        return "DOUBLE"
    if kinds == {"date"}:
        return "DATE"
    return "TIMESTAMP" if kinds and kinds <= {"date", "timestamp"} else "VARCHAR"


def _kind_of_moment(text: str) -> Kind:
    is_date = _DATE.fullmatch(text) is not None
    if not is_date and not _MOMENT.fullmatch(text):
        return "text"
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return "text"
    return "date" if is_date else "timestamp"
