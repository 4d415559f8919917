"""Fields of a payload that its action does not know: where they are, and what they were meant to be.

A path in a fault of Pydantic also names the chosen member of a union, which the payload has no key for. Walking the
payload leaves those parts out.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from pydantic import BaseModel

UNKNOWN = "extra_forbidden"
NO_SUCH_FIELD = "this action has no such field"
MOST = 100
"""Unknown fields that are taken with a warning; a payload with more of them is refused."""
_LONGEST_NAME = 100
Path = tuple[str | int, ...]


def without_unknown(payload: Mapping[str, Any], places: Iterable[Path]) -> tuple[dict[str, Any], list[Path]]:
    """Return a copy of the payload without the fields at ``places``, and their paths. What is not found stays."""
    # Plain JSON is copied by way of its text, which ``copy.deepcopy`` takes several times as long for.
    rest: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(payload))
    removed: list[Path] = []
    for place in places:
        walked: list[str | int] = []
        found: Any = rest
        for part in place[:-1]:
            if _has(found, part):
                walked.append(part)
                found = found[part]
        if isinstance(found, dict) and place[-1] in found:
            del found[place[-1]]
            removed.append((*walked, place[-1]))
    return rest, removed


def describe_unknown(parsed: BaseModel | type[BaseModel], path: Path) -> str:
    """Say that there is no such field, and which one of the same object has nearly that name."""
    name = str(path[-1])
    known = _known_names(parsed, path[:-1]) if len(name) <= _LONGEST_NAME else []
    near = get_close_matches(name, known, n=1, cutoff=0.7)
    return f"{NO_SUCH_FIELD}; did you mean '{near[0]}'?" if near else NO_SUCH_FIELD


def as_text(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _has(found: Any, part: str | int) -> bool:
    if isinstance(part, int):
        return isinstance(found, list) and part < len(found)
    return isinstance(found, dict) and part in found


def _known_names(parsed: Any, path: Path) -> list[str]:
    for part in path:
        if isinstance(parsed, BaseModel):
            parsed = _value(parsed, str(part))
        elif isinstance(parsed, (list, tuple, dict)):
            parsed = parsed[part]  # type: ignore[index]
        else:
            return []
    model = parsed if isinstance(parsed, type) else type(parsed)
    if not issubclass(model, BaseModel):
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _value(parsed: BaseModel, key: str) -> Any:
    for name, field in type(parsed).model_fields.items():
        if key in (name, field.alias):
            return getattr(parsed, name)
    return None
