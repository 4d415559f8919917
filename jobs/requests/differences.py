"""The differences of two JSON values, for clients that sent one and meant the other."""

from typing import Any


def differing_fields(first: Any, second: Any, path: str = "") -> list[str]:
    """List the paths at which two JSON values differ, as in ``payload.filters.region``."""
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = zip(first, second, strict=True)
        inner = [differing_fields(one, other, f"{path}[{index}]") for index, (one, other) in enumerate(pairs)]
        return [item for items in inner for item in items]
    if isinstance(first, dict) and isinstance(second, dict):
        keys = sorted(first.keys() | second.keys())
        inner = [
            differing_fields(first.get(key, ...), second.get(key, ...), f"{path}.{key}".lstrip(".")) for key in keys
        ]
        return [item for items in inner for item in items]
    return [] if _is_same(first, second) else [path]


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
