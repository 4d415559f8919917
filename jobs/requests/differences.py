"""The differences of two JSON values, for clients that sent one and meant the other."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from jobs.errors import clip

MAX_FIELDS: Final = 100
"""The most paths that are listed. Long keys can be a part of many paths, which together are then far larger than both
values."""
_MAX_TOLD: Final = 10
_MAX_CHARACTERS: Final = 200
_Path = tuple[Any, ...]
"""The path of the object or array, and the key or index in it. Empty: the value itself."""


def differing_fields(first: Any, second: Any) -> list[str]:
    """List the first paths at which two JSON values differ, as in ``payload.filters.region``, at most ``MAX_FIELDS``.

    A key, and a path, has at most 200 characters of its own; the rest is cut.
    """
    return [_as_text(path) for path in islice(_differing(first, second, ()), MAX_FIELDS)]


def in_words(fields: Sequence[str]) -> str:
    """Name the first of these fields."""
    return ", ".join(fields[:_MAX_TOLD]) + (" …" if len(fields) > _MAX_TOLD else "")


def _differing(first: Any, second: Any, path: _Path) -> Iterator[_Path]:
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        for index, (one, other) in enumerate(zip(first, second, strict=True)):
            yield from _differing(one, other, (path, index))
    elif isinstance(first, dict) and isinstance(second, dict):
        for key in sorted(first.keys() | second.keys()):
            yield from _differing(first.get(key, ...), second.get(key, ...), (path, key))
    elif not _is_same(first, second):
        yield path


def _as_text(path: _Path) -> str:
    parts: list[str] = []
    while path:
        path, part = path
        parts.append(f"[{part}]" if isinstance(part, int) else f".{clip(part, _MAX_CHARACTERS)}")
    return clip("".join(reversed(parts)).lstrip("."), _MAX_CHARACTERS)


def _is_same(first: Any, second: Any) -> bool:
    if isinstance(first, bool) != isinstance(second, bool):
        return False  # 1 and True are equal in Python, but not in JSON
    if isinstance(first, float) and isinstance(second, int):
        first, second = second, first
    if isinstance(first, int) and isinstance(second, float):
        return first == second or _as_float(first) == second  # PostgreSQL gives 1e23 back as an integer
    return bool(first == second)


def _as_float(number: int) -> float | None:
    try:
        return float(number)
    except OverflowError:
        return None
