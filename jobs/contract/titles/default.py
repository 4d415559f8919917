"""The title of a request whose handler gives none: its action, and the simple values that the payload sets."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from jobs.formatting import format_action, group_thousands

MAX_TITLE_CHARACTERS = 120
SEPARATOR = " · "
_MAX_VALUES = 4
_MAX_VALUE_CHARACTERS = 40
_MAX_INTEGER_BITS = 128
_MIN_LONG, _MAX_LONG = 1e5, 1e15
"""Between them a fraction is not shown: six digits are enough to tell requests apart."""
_MARK = re.compile(r"(^|_)(id|code|number)$|[a-z](Id|ID|Code|Number)$")
_SECRET = re.compile(
    r"passw|passphrase|secret|token|credential|authori[sz]ation|(api|private|access)_?key", re.IGNORECASE
)


def default_title(action: str, payload: BaseModel) -> str:
    """Make a title of the action and the first values that differ from their defaults: ``Delay · seconds 5``.

    Texts, numbers, members of enums, dates and times count. Excluded and secret fields do not.
    """
    return join_title(format_action(action), *islice(_values(payload), _MAX_VALUES))


def title_of_item(item: Mapping[str, Any]) -> str:
    """Make a title of the first values of an item that is no valid payload. An item without any has none."""
    values = (_written(name, value) for name, value in item.items() if not _SECRET.search(name))
    return join_title(*islice(filter(None, values), _MAX_VALUES))


def join_title(*parts: str) -> str:
    """Join the parts that are not empty to one title."""
    return one_line(SEPARATOR.join(filter(None, parts)))


def one_line(text: str, most: int = MAX_TITLE_CHARACTERS) -> str:
    """Put a text on one line of at most ``most`` characters. Control characters become spaces."""
    # What comes later could be seen only behind a very long row of spaces.
    beginning = text[: 10 * most]
    line = " ".join("".join(one if one.isprintable() else " " for one in beginning).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _values(payload: BaseModel) -> Iterator[str]:
    for name, default in _telling_fields(type(payload)):
        value = getattr(payload, name)
        if name in payload.model_fields_set and (text := _written(name, value)) and value != default:
            yield text


@cache
def _telling_fields(model: type[BaseModel]) -> tuple[tuple[str, Any], ...]:
    """List the names and defaults of the fields whose values a title may show."""
    fields = model.model_fields.items()
    return tuple((name, field.get_default()) for name, field in fields if not _is_hidden(name, field))


def _is_hidden(name: str, field: FieldInfo) -> bool:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    is_secret = extra.get("writeOnly") or extra.get("format") == "password"
    return bool(field.exclude or not field.repr or is_secret or _SECRET.search(f"{name} {field.alias or ''}"))


def _written(name: str, value: Any) -> str:
    """Write a value; a number with the name of its field. Return an empty text for what a title does not show."""
    if isinstance(value, Enum):
        value = value.value if isinstance(value.value, str) else value.name
    if isinstance(value, str):
        return one_line(value, _MAX_VALUE_CHARACTERS)
    if isinstance(value, datetime | time):
        moment = value.isoformat(timespec="minutes")
        return moment.replace("T", " ")
    if isinstance(value, date):
        return value.isoformat()
    figure = _figure(value)
    return f"{name.replace('_', ' ')} {figure if _MARK.search(name) else group_thousands(figure)}" if figure else ""


def _figure(value: Any) -> str:
    if isinstance(value, Decimal) and value.is_finite():
        value = float(value)
    if isinstance(value, float):
        return f"{value:.0f}" if _MIN_LONG <= abs(value) < _MAX_LONG else f"{value:.6g}"
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= _MAX_INTEGER_BITS:
        return str(value)
    return ""
