"""In what two JSON values differ, for people who sent the one and meant the other."""

from typing import Any


def differing_fields(first: Any, second: Any, path: str = "") -> list[str]:
    """The paths at which two JSON values differ, as in ``payload.filters.region``."""
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
    # 1 and True are equal in Python, but not in JSON.
    same = first == second and isinstance(first, bool) == isinstance(second, bool)
    return [] if same else [path]
